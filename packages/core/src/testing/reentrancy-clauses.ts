import assert from 'node:assert/strict'
import { isPoolError } from '../kit/errors.js'
import { checkFigures } from './check-figures.js'
import type { ContractClause, ContractPool } from './contract-clause.js'

const listenedTo = ['acquire', 'release', 'grow', 'exhausted', 'wait'] as const
const actions = ['acquires', 'releases', 'aborts', 'destroys'] as const

/**
 * Clauses in which a listener of each event takes each action on the pool that called it, while acquires wait.
 * @param createPool - makes a fresh pool of four buffers for each clause
 */
export function reentrancyClauses(createPool: () => ContractPool, bytes: number): ContractClause[] {
  return listenedTo.flatMap((event) =>
    actions.map((action) => ({
      title: `settles every wait, each with memory of its own, when a listener of '${event}' ${action}`,
      run: () => actWithin(createPool(), bytes, event, action)
    }))
  )
}

async function actWithin(
  pool: ContractPool,
  bytes: number,
  event: (typeof listenedTo)[number],
  action: (typeof actions)[number]
): Promise<void> {
  if (pool.once === undefined || (action === 'destroys' && pool.destroy === undefined)) {
    pool.destroy?.()
    return
  }
  const held = Array.from({ length: 4 }, () => pool.acquire(bytes))
  const owned: Uint8Array[] = []
  const releaseOne = () => {
    const buffer = held.pop()
    if (buffer !== undefined) pool.release(buffer)
  }
  const controller = new AbortController()
  const act = {
    acquires() {
      try {
        owned.push(pool.acquire(bytes))
      } catch (error) {
        assert.ok(isPoolError(error), `${error}`)
      }
    },
    releases: releaseOne,
    aborts: () => controller.abort(new Error('called off')),
    destroys: () => pool.destroy?.()
  }[action]
  if (event === 'exhausted' || event === 'grow') pool.once(event, act)
  const waits = [{ timeoutMs: 20_000 }, { signal: controller.signal, timeoutMs: 20_000 }, { timeoutMs: 20_000 }].map((options) =>
    pool.acquireAsync(bytes, options).then(
      (buffer) => owned.push(buffer),
      (error) => assert.ok(!isPoolError(error, 'ERR_POOL_ACQUIRE_TIMEOUT'), 'a wait was forgotten')
    )
  )
  if (event !== 'exhausted' && event !== 'grow') pool.once(event, act)
  while (held.length > 0) releaseOne()
  await Promise.resolve()
  // The last wait may need a buffer that a listener took for itself.
  while (pool.stats().waiting > 0 && owned.length > 0) pool.release(owned.pop() as Uint8Array)
  await Promise.all(waits)
  for (const [index, one] of owned.entries()) {
    const others = owned.slice(index + 1)
    assert.ok(!others.some((other) => other.buffer === one.buffer && other.byteOffset === one.byteOffset), 'one memory has two owners')
  }
  assert.equal(pool.stats().waiting, 0)
  assert.equal(pool.stats().inUse, owned.length)
  checkFigures(pool.stats())
  for (const buffer of owned) pool.release(buffer)
  assert.equal(pool.stats().inUse, 0)
  pool.destroy?.()
}
