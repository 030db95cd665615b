/** Runs in a process of its own: takes a secret out on each way and prints how often it stands in memory before and after. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { SecureBufferPool, type SecureBufferPoolOptions } from '../../src/index.js'
import { MemoryScanner } from './memory-scanner.js'

const [backing, fill] = process.argv.slice(2) as ['heap' | 'sodium', 'zero' | 'random']
const results: Record<string, { before: number; after: number }> = {}

interface Trial {
  readonly pool: SecureBufferPool
  readonly scanner: MemoryScanner
  /** Counts while the secret is in use. */
  live(): void
  /** Counts at once, in this turn. */
  gone(): void
}

async function trial(way: string, options: SecureBufferPoolOptions, run: (trial: Trial) => void | Promise<void>): Promise<void> {
  const pool = new SecureBufferPool({ backing, fill, ...options })
  const scanner = new MemoryScanner()
  const result = { before: -1, after: -1 }
  await run({
    pool,
    scanner,
    live() {
      result.before = scanner.count()
    },
    gone() {
      result.after = scanner.count()
    }
  })
  results[way] = result
  pool.destroy()
}

await trial('release', {}, ({ pool, scanner, live, gone }) => {
  const secret = pool.acquire(32)
  scanner.write(secret)
  live()
  pool.release(secret)
  gone()
})
await trial('release of a lease', {}, ({ pool, scanner, live, gone }) => {
  const lease = pool.lease(300)
  scanner.write(lease.buffer.subarray(268))
  live()
  lease.release()
  gone()
})
await trial('release in debug mode', { debug: 'poison' }, ({ pool, scanner, live, gone }) => {
  const secret = pool.acquire(4096)
  scanner.write(secret.subarray(4000))
  live()
  pool.release(secret)
  gone()
})
await trial('throw', {}, ({ pool, scanner, live, gone }) => {
  try {
    pool.withSecretSync(32, (secret) => {
      scanner.write(secret)
      live()
      throw new Error('refused')
    })
  } catch {
    gone()
  }
})
await trial('rejection', {}, async ({ pool, scanner, live, gone }) => {
  const refused = pool.withSecret(32, async (secret) => {
    scanner.write(secret)
    live()
    await nextTurn()
    throw new Error('refused')
  })
  await refused.catch(gone)
})
await trial('trim', {}, ({ pool, scanner, live, gone }) => {
  const secrets = [pool.acquire(32), pool.acquire(32), pool.acquire(4096)]
  for (const secret of secrets) scanner.write(secret)
  live()
  for (const secret of secrets) pool.release(secret)
  pool.trim()
  gone()
})
await trial('overflow', { maxIdleBytes: 0 }, ({ pool, scanner, live, gone }) => {
  const secret = pool.acquire(64)
  scanner.write(secret)
  live()
  pool.release(secret)
  gone()
})
await trial('oversize', { maxClassBytes: 32 }, ({ pool, scanner, live, gone }) => {
  const lease = pool.lease(100_000)
  scanner.write(lease.buffer.subarray(99_968))
  live()
  lease.release()
  gone()
})
await trial('destroy', {}, ({ pool, scanner, live, gone }) => {
  const [idle, out] = [pool.acquire(32), pool.acquire(32)]
  scanner.write(idle)
  scanner.write(out)
  live()
  pool.release(idle)
  pool.destroy()
  pool.release(out)
  gone()
})
await trial('discard', {}, ({ pool, scanner, live, gone }) => {
  const lease = pool.lease(32)
  scanner.write(lease.buffer)
  live()
  lease.discard()
  gone()
})
await trial('overrun', {}, ({ pool, scanner, live, gone }) => {
  const secret = pool.acquire(32)
  scanner.write(secret)
  live()
  new Uint8Array(secret.buffer, secret.byteOffset, 33)[32]! ^= 1
  try {
    pool.release(secret)
  } catch {
    gone()
  }
})
await trial('closed idle memory', { protectIdle: true }, ({ pool, scanner, live, gone }) => {
  const secret = pool.acquire(32)
  scanner.write(secret)
  live()
  pool.release(secret)
  gone()
})
await trial('leak', {}, async ({ pool, scanner, live, gone }) => {
  loseSecret(pool, scanner, live)
  const found = new Promise<void>((resolve) => {
    pool.on('leak', () => {
      gone()
      resolve()
    })
  })
  while (pool.stats().leaked === 0) {
    globalThis.gc?.()
    await nextTurn()
  }
  await found
})
{
  // The pool goes together with its secret, so nobody is left to tell of it.
  const scanner = new MemoryScanner()
  let before = -1
  loseSecret(new SecureBufferPool({ backing, fill }), scanner, () => {
    before = scanner.count()
  })
  for (let turn = 0; turn < 10; turn++) {
    globalThis.gc?.()
    await nextTurn()
  }
  results['a pool lost with its secret'] = { before, after: scanner.count() }
}
{
  const pool = new SecureBufferPool({ backing, fill })
  const token = pool.randomBytes(32)
  const scanner = new MemoryScanner(token.buffer)
  const before = scanner.count()
  token.release()
  results['a random token'] = { before, after: scanner.count() }
}

function loseSecret(pool: SecureBufferPool, scanner: MemoryScanner, live: () => void): void {
  scanner.write(pool.acquire(32))
  live()
}

process.stdout.write(JSON.stringify(results))
