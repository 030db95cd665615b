import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { churn } from './churn.bench.js'
import { figures } from './figures.bench.js'
import { handOff } from './hand-off.bench.js'

const short = process.argv.includes('--short')
const sections = { churn, handOff, figures }
const named = process.argv.slice(2).filter((argument): argument is keyof typeof sections => argument in sections)
console.log(`@pool/shared, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const name of named.length > 0 ? named : (Object.keys(sections) as (keyof typeof sections)[]))
  console.log(`${await sections[name](short)}\n`)
