import { importCost } from '../../../tooling/bench-kit/src/import-cost.js'
import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { clusterPage } from './cluster.bench.js'
import { scrape } from './scrape.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/metrics-prometheus, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
const imports = () => importCost([['@pool/metrics-prometheus'], ['prom-client']], process.cwd())
const sections = { scrape, clusterPage, imports }
// `--only=imports`: one of them.
const only = process.argv.find((one) => one.startsWith('--only='))?.slice(7)
for (const [name, section] of Object.entries(sections)) if (only === undefined || only === name) console.log(`${await section(short)}\n`)
