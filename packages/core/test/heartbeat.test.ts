import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compiledText } from '../../../tooling/vitest-config/src/compiled.js'
import { BufferPool, SizeClassPool } from '../src/index.js'
import { joinHeartbeat, leaveHeartbeat } from '../src/kit/waiting/heartbeat.js'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Runs `script` in a process of its own; resolves with what it prints, once it has ended by itself. */
async function run(script: string): Promise<string> {
  const program = `import { BufferPool, SizeClassPool, UnpooledPool } from '../src/index.ts'\n${script}`
  const { stdout } = await promisify(execFile)(process.execPath, [compiledText(program, folder)])
  return stdout.trim()
}

describe('the heartbeat in a process of its own', { timeout: 60_000 }, () => {
  it('does not keep the process alive, nor do pools with buffers out', async () => {
    const script = `
      const pools = [new BufferPool({ shrinkInterval: 1 }), new SizeClassPool({ heldTooLongMs: 3_600_000 }), new UnpooledPool()]
      for (const pool of pools) pool.acquire(100)
      console.log(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length)
      process.on('exit', () => console.log('exit'))`
    expect(await run(script)).toBe('0\nexit')
  })

  it('does not keep the process alive for a wait that nothing will end, with a timeout or without', async () => {
    const script = `
      const pool = new BufferPool({ maxSize: 1 })
      pool.acquire()
      pool.acquireAsync().catch(() => console.log('never'))
      process.on('exit', () => console.log('exit'))`
    expect(await run(script)).toBe('exit')
    const timed = script.replace('acquireAsync()', 'acquireAsync({ timeoutMs: 60_000 })')
    expect(await run(timed)).toBe('exit')
  })

  it('sets no timer at all at interval 0, and one for however many pools otherwise', async () => {
    const script = `
      let timers = 0
      const { setTimeout, clearTimeout } = globalThis
      globalThis.setTimeout = (...args) => { timers++; return setTimeout(...args) }
      globalThis.clearTimeout = (timer) => { if (timer !== undefined) timers--; clearTimeout(timer) }
      const quiet = [new BufferPool({ shrinkInterval: 0 }), new SizeClassPool({ shrinkInterval: 0 }), new UnpooledPool()]
      for (const pool of quiet) pool.release(pool.acquire(64))
      const none = timers
      const pools = Array.from({ length: 20 }, () => new BufferPool({ initialSize: 0 }))
      const one = timers
      for (const pool of pools) pool.destroy()
      console.log(none, one, timers)`
    expect(await run(script)).toBe('0 1 0')
  })
})

describe('the heartbeat', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const member = (everyMs: number) => ({
    dueAt: performance.now() + everyMs,
    beats: [] as number[],
    beat(now: number) {
      this.beats.push(now)
      this.dueAt = now + everyMs
    }
  })

  it('beats for each when that is due, by one timer', () => {
    const start = performance.now()
    const [fast, slow] = [member(100), member(250)]
    joinHeartbeat(slow)
    joinHeartbeat(fast)
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(500)
    expect(fast.beats.map((at) => at - start)).toEqual([100, 200, 300, 400, 500])
    expect(slow.beats.map((at) => at - start)).toEqual([250, 500])
    leaveHeartbeat(fast)
    leaveHeartbeat(fast)
    expect(vi.getTimerCount()).toBe(1)
    leaveHeartbeat(slow)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes on for the others when one throws', () => {
    const failing = member(100)
    const other = member(100)
    failing.beat = function (now) {
      this.dueAt = now + 100
      throw new Error('beat failed')
    }
    joinHeartbeat(failing)
    joinHeartbeat(other)
    expect(() => vi.advanceTimersByTime(100)).toThrow('beat failed')
    vi.advanceTimersByTime(1)
    expect(other.beats).toHaveLength(1)
    leaveHeartbeat(failing)
    vi.advanceTimersByTime(100)
    expect(other.beats).toHaveLength(2)
    leaveHeartbeat(other)
  })

  it('lets members leave and join while it beats', () => {
    const joined = member(10)
    const leaving = member(100)
    leaving.beat = () => {
      leaveHeartbeat(leaving)
      joined.dueAt = performance.now() + 10
      joinHeartbeat(joined)
    }
    joinHeartbeat(leaving)
    vi.advanceTimersByTime(120)
    expect(joined.beats).toHaveLength(2)
    leaveHeartbeat(joined)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends with the last pool', () => {
    const pools = [new BufferPool(), new SizeClassPool()]
    expect(vi.getTimerCount()).toBe(1)
    pools[0]?.destroy()
    expect(vi.getTimerCount()).toBe(1)
    pools[1]?.destroy()
    expect(vi.getTimerCount()).toBe(0)
  })
})
