import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { pageInBrowser } from './page.bench.js'
import { viewers } from './viewer.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/live, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
console.log(`${await viewers(short)}\n`)
console.log(`${await pageInBrowser(short)}\n`)
