import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { analyzeCost } from './analyze.bench.js'
import { detectorCost } from './detector.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/gateway, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
console.log(`${await detectorCost(short)}\n`)
console.log(await analyzeCost(short))
