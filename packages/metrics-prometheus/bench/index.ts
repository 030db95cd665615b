import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { scrape } from './scrape.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/metrics-prometheus, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
console.log(`${await scrape(short)}\n`)
