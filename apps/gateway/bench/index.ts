import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { analyzeCost } from './analyze.bench.js'
import { detectorCost } from './detector.bench.js'
import { besideModsecurity } from './modsecurity.bench.js'

const { short, corpus } = parseArgs({ options: { short: { type: 'boolean', default: false }, corpus: { type: 'string' } } }).values
console.log(`@pool/gateway, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
console.log(`${await detectorCost(short)}\n`)
console.log(await analyzeCost(short))
// Paths are those of the caller; pnpm runs this in the package's folder.
console.log(`\n${await besideModsecurity(short, corpus === undefined ? undefined : resolve(process.env.INIT_CWD ?? '', corpus))}`)
