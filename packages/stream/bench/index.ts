import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { decoder, wholeProcess } from './decoder.bench.js'
import { files } from './files.bench.js'
import { list } from './list.bench.js'
import { processor } from './processor.bench.js'
import { reassembly } from './reassembly.bench.js'
import { serialize } from './serialize.bench.js'
import { transform } from './transform.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/stream, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
const sections = { decoder, processor, reassembly, list, files, transform, serialize, wholeProcess }
// `--only=wholeProcess`: one of them; that one is part of `decoder` besides.
const only = process.argv.find((one) => one.startsWith('--only='))?.slice(7)
for (const [name, section] of Object.entries(sections)) {
  if (only === undefined ? section !== wholeProcess : only === name) console.log(`${await section(short)}\n`)
}
