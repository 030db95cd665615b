import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { churn } from './churn.bench.js'
import { figures } from './figures.bench.js'
import { handOff } from './hand-off.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/shared, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const section of [churn, handOff, figures]) console.log(`${await section(short)}\n`)
