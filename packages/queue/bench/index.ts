import { spawnSync } from 'node:child_process'
import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { consume, produce } from './queue.bench.js'

const short = process.argv.includes('--short')
const sections = { consume, produce }
/** Of one size alone: `bench consume 1024`. */
const only = process.argv.slice(2).map(Number).find(Number.isInteger)
const wanted = process.argv.slice(2).filter((argument) => argument in sections)
if (spawnSync('redis-server', ['--version']).error !== undefined) {
  console.log('@pool/queue: nothing measured, since there is no redis-server on the PATH.')
} else {
  console.log(`@pool/queue, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
  for (const [name, section] of Object.entries(sections)) {
    if (wanted.length === 0 || wanted.includes(name)) console.log(`${await section(short, only)}\n`)
  }
}
