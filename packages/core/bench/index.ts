import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { acquireRelease } from './acquire-release.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/core on ${await machine()}${short ? ', short form' : ''}\n`)
for (const section of [acquireRelease]) console.log(`${await section(short)}\n`)
