import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { acquireRelease } from './acquire-release.bench.js'
import { decay } from './decay.bench.js'
import { garbage } from './garbage.bench.js'
import { leaks } from './leaks.bench.js'
import { lease } from './lease.bench.js'
import { upkeep } from './upkeep.bench.js'
import { movingWindow } from './window.bench.js'

const short = process.argv.includes('--short')
console.log(`@pool/core, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
for (const section of [acquireRelease, lease, movingWindow, garbage, decay, leaks, upkeep]) console.log(`${await section(short)}\n`)
