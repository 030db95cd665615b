import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { decoder } from './decoder.bench.js'
import { files } from './files.bench.js'
import { list } from './list.bench.js'
import { processor } from './processor.bench.js'
import { reassembly } from './reassembly.bench.js'
import { serialize } from './serialize.bench.js'
import { transform } from './transform.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/stream, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const section of [decoder, processor, reassembly, list, files, transform, serialize]) console.log(`${await section(short)}\n`)
