import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { collection } from './collection.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/metrics-otel, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
console.log(`${await collection(short)}\n`)
