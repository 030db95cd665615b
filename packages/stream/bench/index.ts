import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { files } from './files.bench.js'
import { reassembly } from './reassembly.bench.js'
import { serialize } from './serialize.bench.js'
import { transform } from './transform.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/stream, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const section of [files, transform, serialize, reassembly]) console.log(`${await section(short)}\n`)
