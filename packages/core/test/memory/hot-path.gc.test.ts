import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { compiledText } from '../../../../tooling/vitest-config/src/compiled.js'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Runs `script` in a process of its own, where nothing else allocates; resolves with the JSON that it prints. */
async function measure<T>(script: string, ...flags: string[]): Promise<T> {
  const program = `import { BufferPool, SizeClassPool } from '../../src/index.ts'\n${script}`
  const args = ['--expose-gc', ...flags, compiledText(program, folder)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as T
}

describe('an acquire and its release', { timeout: 60_000 }, () => {
  // A young generation that holds all of it, so that a collection can hide nothing.
  const roomy = '--max-semi-space-size=64'
  const pools = {
    BufferPool: "new BufferPool({ bufferSize: 65536, clear: 'never' })",
    'BufferPool, leakDetection count': "new BufferPool({ bufferSize: 65536, clear: 'never', leakDetection: 'count' })",
    SizeClassPool: "new SizeClassPool({ clear: 'never' })"
  }

  it.each(Object.entries(pools))('allocate nothing on the heap: %s', async (_, make) => {
    const { bytes } = await measure<{ bytes: number }>(
      `
      import { getHeapStatistics } from 'node:v8'
      const pool = ${make}
      const size = pool.bufferSize ?? 5000
      const run = (turns) => { for (let turn = 0; turn < turns; turn++) pool.release(pool.acquire(size)) }
      // Until it is compiled for good.
      for (let round = 0; round < 20; round++) run(50_000)
      const used = () => process.memoryUsage().heapUsed
      used()
      gc()
      const least = Math.min(...[1, 2, 3].map(() => {
        const before = used()
        run(500_000)
        return used() - before
      }))
      console.log(JSON.stringify({ bytes: least / 500_000 }))`,
      roomy
    )
    // What asking costs is a few KiB; a single word per turn would be 8.
    expect(bytes).toBeLessThan(0.1)
  })
})

describe('a window of 256 live buffers of 64 KiB that moves 200 000 times', { timeout: 60_000 }, () => {
  const turns = 200_000
  const script = (acquire: string, release: string) => `
    import { PerformanceObserver } from 'node:perf_hooks'
    const pool = new BufferPool({ bufferSize: 65536, initialSize: 256, clear: 'never' })
    const entries = []
    const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()))
    observer.observe({ entryTypes: ['gc'] })
    const window = Array.from({ length: 256 }, () => ${acquire})
    for (let turn = 0; turn < ${turns}; turn++) {
      const at = turn & 255
      ${release}
      const next = ${acquire}
      next[0] = turn
      next[65535] = turn
      window[at] = next
    }
    setTimeout(() => {
      observer.disconnect()
      console.log(JSON.stringify({ collections: entries.length, misses: pool.stats().misses, live: window.length }))
    }, 10)`

  it('makes the collector work hardly ever, where plain allocation does so all the time', async () => {
    const [pooled, plain] = [
      await measure<{ collections: number; misses: number }>(script('pool.acquire()', 'pool.release(window[at])')),
      await measure<{ collections: number }>(script('Buffer.allocUnsafe(65536)', ''))
    ]
    expect(pooled.misses).toBe(0)
    expect(pooled.collections).toBeLessThanOrEqual(3)
    expect(plain.collections).toBeGreaterThan(100)
  })
})
