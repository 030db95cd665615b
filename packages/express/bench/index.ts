import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { requestCost } from './request-cost.bench.js'
import { uploadStorm } from './upload-storm.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/express, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const section of [requestCost, uploadStorm]) console.log(`${await section(short)}\n`)
