import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { blockChurn } from './block-churn.bench.js'
import { extentChurn } from './extent-churn.bench.js'
import { fragmentation } from './fragmentation.bench.js'
import { overhead } from './overhead.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/block-pool, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const section of [blockChurn, extentChurn, fragmentation, overhead]) console.log(`${await section(short)}\n`)
