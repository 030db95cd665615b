import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { clusterPage } from './cluster.bench.js'
import { scrape } from './scrape.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/metrics-prometheus, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const section of [scrape, clusterPage]) console.log(`${await section(short)}\n`)
