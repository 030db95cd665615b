import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { consume, produce } from './queue.bench.js'

const short = process.argv.includes('--short')
const sections = { consume, produce }
const wanted = process.argv.slice(2).filter((argument) => argument in sections)
console.log(`@pool/queue, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const [name, section] of Object.entries(sections)) {
  if (wanted.length === 0 || wanted.includes(name)) console.log(`${await section(short)}\n`)
}
