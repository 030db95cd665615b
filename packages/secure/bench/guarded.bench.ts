import { createRequire } from 'node:module'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SecureBufferPool } from '@pool/secure'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const require = createRequire(import.meta.url)

/** What is used of sodium-native. */
interface Sodium {
  sodium_malloc(bytes: number): Buffer
  sodium_free(memory: Buffer): void
}

/** So few pairs in a turn, since each holds maps of the kernel until the next, and 16 500 end the process. */
const pairsPerTurn = 200
const cyclesInOneTurn = 100_000

/** A guarded secret of 32 bytes from the pool beside one that is allocated and freed, in turn. */
export async function guarded(short: boolean): Promise<string> {
  const { sodium_malloc: allocate, sodium_free: free } = require('sodium-native') as Sodium
  const pool = new SecureBufferPool({ backing: 'sodium' })
  const ratios: number[] = []
  const pooled: number[] = []
  const allocated: number[] = []
  for (let round = 0; round < (short ? 7 : 40); round++) {
    const start = performance.now()
    for (let index = 0; index < pairsPerTurn; index++) {
      const secret = allocate(32)
      secret[0] = 1
      free(secret)
    }
    const between = performance.now()
    for (let index = 0; index < pairsPerTurn * 100; index++) {
      const secret = pool.acquire(32)
      secret[0] = 1
      pool.release(secret)
    }
    const end = performance.now()
    const allocatedNs = ((between - start) * 1e6) / pairsPerTurn
    const pooledNs = ((end - between) * 1e6) / (pairsPerTurn * 100)
    // The first rounds run code that is not compiled yet.
    if (round >= 3) {
      allocated.push(allocatedNs)
      pooled.push(pooledNs)
      ratios.push(allocatedNs / pooledNs)
    }
    for (let turn = 0; turn < 4; turn++) await nextTurn()
  }
  const start = performance.now()
  for (let index = 0; index < cyclesInOneTurn; index++) pool.release(pool.acquire(32))
  const oneTurnMs = performance.now() - start
  const { lockedBytes } = pool.capabilities()
  pool.destroy()
  return table(
    ['guarded memory, 32 bytes', 'ours', 'sodium_malloc + sodium_free', 'ratio', 'bar'],
    [
      [
        'acquire + touch + release, ns',
        figure(median(pooled)),
        figure(median(allocated)),
        `${figure(median(ratios))} × faster`,
        verdict(median(ratios), { least: 100 })
      ],
      [
        `${figure(cyclesInOneTurn)} cycles in one turn, ms`,
        figure(oneTurnMs),
        'ends the process',
        '',
        `${figure(lockedBytes)} bytes locked`
      ]
    ]
  )
}
