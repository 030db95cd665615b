import { SecureBufferPool } from '@pool/secure'
import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { cycles } from './cycle.bench.js'
import { guarded } from './guarded.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/secure, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
const { backend, reason } = new SecureBufferPool().capabilities()
console.log(`${await cycles(short)}\n`)
console.log(backend === 'sodium' ? `${await guarded(short)}\n` : `No guarded memory here: ${reason}\n`)
