import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { validation } from './valid-profile.bench.js'

console.log(`@pool/advisor, ${await machine()}\n`)
console.log(validation())
