import { EventHub, type Waiter, WaitLine, WaitQueue, type WaitRefusal, type WaitRequest, type WaitServer } from '@pool/core/kit'
import { describe, expect, it } from 'vitest'

type Line = WaitLine<Memory, string>
type Memory = { readonly of: string }

/** A pool of single pieces: so many of each line, and so many in all. It notes each call of its queue. */
class Pieces implements WaitServer<Memory, string> {
  readonly name = 'pieces'
  readonly events = new EventHub()
  readonly inUse = 7
  readonly asked: string[] = []
  readonly putBacks: string[] = []
  /** How many waited, at each change from none or to none. */
  readonly changes: number[] = []
  readonly free: Record<string, number> = {}
  isAtBound = false
  during: ((waiter: Waiter<Memory, string>) => void) | undefined
  readonly queue: WaitQueue<Memory, string>
  readonly lines = { small: new WaitLine<Memory, string>('small'), large: new WaitLine<Memory, string>('large') }

  constructor(maxWaiting = 10) {
    this.queue = new WaitQueue(this, maxWaiting)
  }

  takeFor(waiter: Waiter<Memory, string>): Memory | WaitRefusal {
    const line = waiter.line.owner
    this.asked.push(`${line} ${waiter.bytes}`)
    this.during?.(waiter)
    if (this.isAtBound) return 'pool'
    if ((this.free[line] ?? 0) === 0) return 'line'
    this.free[line] = (this.free[line] as number) - 1
    return { of: line }
  }

  putBack(taken: Memory): void {
    this.putBacks.push(taken.of)
  }

  waitingChanged(): void {
    this.changes.push(this.queue.size)
  }

  /** A wait whose end is noted in `ends`, by its bytes. */
  wait(line: Line, bytes: number, ends: string[] = [], request: Partial<WaitRequest> = {}): Promise<unknown> {
    const wait = this.queue.wait(line, { bytes, timeoutMs: Number.POSITIVE_INFINITY, signal: undefined, ...request })
    return wait.then(
      ({ of }) => ends.push(`${bytes} got ${of}`),
      (error) => ends.push(`${bytes} ${error.code ?? error}`)
    )
  }

  give(line: Line, pieces: number): void {
    this.free[line.owner] = pieces
    this.queue.serve()
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** The bytes of a line's waiters, in order: as the links lead on from the first, and as they lead back from the last. */
function bothWays(line: Line): readonly [number[], number[]] {
  const on: number[] = []
  for (let waiter = line.first; waiter !== undefined; waiter = waiter.next) on.push(waiter.bytes)
  const back: number[] = []
  for (let waiter = line.last; waiter !== undefined; waiter = waiter.previous) back.unshift(waiter.bytes)
  return [on, back]
}

describe('a wait queue', () => {
  it('says when it becomes empty and when it does not stay so, and at no other time', async () => {
    const pool = new Pieces()
    const { small } = pool.lines
    pool.wait(small, 1)
    pool.wait(small, 2)
    pool.wait(small, 3)
    expect([pool.changes, pool.queue.size]).toEqual([[1], 3])
    pool.give(small, 2)
    expect([pool.changes, pool.queue.size]).toEqual([[1], 1])
    pool.give(small, 1)
    expect([pool.changes, pool.queue.size]).toEqual([[1, 0], 0])
  })

  it('serves in the order of arrival across lines, and passes a line that is out by itself', async () => {
    const pool = new Pieces()
    const { small, large } = pool.lines
    const ends: string[] = []
    for (const [line, bytes] of [
      [small, 1],
      [large, 20],
      [small, 3],
      [large, 40]
    ] as const)
      pool.wait(line, bytes, ends)
    pool.give(large, 1)
    await settle()
    expect(ends).toEqual(['20 got large'])
    // The first waiter of each line was asked for, once in the round: small is out, and large after its second look.
    expect(pool.asked).toEqual(['small 1', 'large 20', 'large 40'])
    pool.free.small = 2
    pool.give(large, 1)
    await settle()
    expect(ends).toEqual(['20 got large', '1 got small', '3 got small', '40 got large'])
  })

  it('lets no other pass while its first waits at a bound of the pool, and forgets that once none waits', async () => {
    const pool = new Pieces()
    const { small, large } = pool.lines
    const stop = new AbortController()
    const ends: string[] = []
    pool.wait(small, 1, ends, { signal: stop.signal })
    pool.wait(large, 2, ends)
    expect([pool.queue.wouldOvertake(small), pool.queue.wouldOvertake(new WaitLine('other'))]).toEqual([true, false])
    pool.isAtBound = true
    pool.give(large, 1)
    expect([pool.asked, pool.queue.blockedBy]).toEqual([['small 1'], small])
    expect(pool.queue.wouldOvertake(new WaitLine('other'))).toBe(true)
    // The first is called off: the second waits at the bound.
    stop.abort('enough')
    expect([pool.asked.slice(1), pool.queue.blockedBy]).toEqual([['large 2'], large])
    pool.isAtBound = false
    pool.give(large, 1)
    await settle()
    expect(ends).toEqual(['1 enough', '2 got large'])
    expect([pool.queue.blockedBy, pool.queue.wouldOvertake(small)]).toEqual([undefined, false])
  })

  it('forgets the bound when the last that waited there is called off', async () => {
    const pool = new Pieces()
    const stop = new AbortController()
    pool.wait(pool.lines.small, 1, [], { signal: stop.signal })
    pool.isAtBound = true
    pool.queue.serve()
    expect(pool.queue.blockedBy).toBe(pool.lines.small)
    const asked = pool.asked.length
    stop.abort('enough')
    expect([pool.queue.blockedBy, pool.queue.size, pool.changes, pool.asked.length]).toEqual([undefined, 0, [1, 0], asked])
  })

  it.each([0, 1, 2, 3])('closes the gap of waiter %i that is called off, and serves only where it was the first', async (at) => {
    const pool = new Pieces()
    const { small } = pool.lines
    const stops = [0, 1, 2, 3].map(() => new AbortController())
    const ends: string[] = []
    for (const [bytes, { signal }] of stops.entries()) pool.wait(small, bytes, ends, { signal })
    stops[at]?.abort('enough')
    const others = [0, 1, 2, 3].filter((bytes) => bytes !== at)
    expect([...bothWays(small), pool.queue.size, pool.asked]).toEqual([others, others, 3, at === 0 ? ['small 1'] : []])
    pool.give(small, 4)
    await settle()
    expect(ends).toEqual([`${at} enough`, ...others.map((bytes) => `${bytes} got small`)])
    expect([pool.free.small, small.first, small.last, pool.changes]).toEqual([1, undefined, undefined, [1, 0]])
  })

  it('puts back what was taken for a waiter that a listener calls off meanwhile', async () => {
    const pool = new Pieces()
    const { small } = pool.lines
    const stop = new AbortController()
    const ends: string[] = []
    pool.wait(small, 1, ends, { signal: stop.signal })
    pool.wait(small, 2, ends)
    pool.during = ({ bytes }) => bytes === 1 && stop.abort('enough')
    pool.give(small, 1)
    await settle()
    expect([ends, pool.putBacks, pool.queue.size]).toEqual([['1 enough'], ['small'], 1])
  })

  it('looks at the next of the line when a listener called off the one that could not be served', async () => {
    const pool = new Pieces()
    const { small } = pool.lines
    const stop = new AbortController()
    const ends: string[] = []
    pool.wait(small, 1, ends, { signal: stop.signal })
    pool.wait(small, 2, ends)
    pool.during = ({ bytes }) => bytes === 1 && stop.abort('enough')
    pool.queue.serve()
    await settle()
    expect([ends, pool.asked, small.first?.bytes, small.last?.bytes]).toEqual([['1 enough'], ['small 1', 'small 2'], 2, 2])
  })

  it('keeps the order when a listener serves while the first is being served in vain', async () => {
    const pool = new Pieces()
    const { small } = pool.lines
    const ends: string[] = []
    for (const bytes of [1, 2, 3, 4]) pool.wait(small, bytes, ends)
    // While waiter 1 is out of its line, a nested round looks at 2, in vain as well, and puts it back in front.
    pool.during = ({ bytes }) => {
      pool.during = undefined
      if (bytes === 1) pool.queue.serve()
    }
    pool.queue.serve()
    expect(bothWays(small)).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4]
    ])
    pool.give(small, 4)
    await settle()
    expect(ends).toEqual([1, 2, 3, 4].map((bytes) => `${bytes} got small`))
  })

  it('emits how each wait ended, for how long it waited, and in whose pool', async () => {
    const pool = new Pieces()
    const { small } = pool.lines
    const events: { pool: string; outcome: string; waitedMs: number }[] = []
    const ends: string[] = []
    // The first begins before the event is heard, and the others after it.
    pool.wait(small, 1, ends)
    pool.events.on('wait', (event) => events.push(event))
    const stop = new AbortController()
    pool.wait(small, 2, ends)
    pool.wait(small, 3, ends, { signal: stop.signal })
    pool.wait(small, 4, ends, { timeoutMs: 20 })
    pool.wait(small, 5, ends)
    await new Promise((resolve) => setTimeout(resolve, 60))
    stop.abort('enough')
    pool.give(small, 2)
    pool.queue.close(() => Object.assign(new Error('closed'), { code: 'CLOSED' }))
    await settle()
    expect(ends).toEqual(['4 ERR_POOL_ACQUIRE_TIMEOUT', '3 enough', '1 got small', '2 got small', '5 CLOSED'])
    expect(events.map(({ pool, outcome }) => `${pool} ${outcome}`)).toEqual(
      ['timeout', 'aborted', 'served', 'served', 'closed'].map((outcome) => `pieces ${outcome}`)
    )
    for (const { waitedMs } of events) {
      expect(waitedMs).toBeGreaterThan(15)
      expect(waitedMs).toBeLessThan(30_000)
    }
    expect(pool.queue.timeouts).toBe(1)
  })

  it('ends a wait that a listener closed the queue for, as closed', async () => {
    const pool = new Pieces()
    const events: string[] = []
    pool.events.on('wait', ({ outcome }) => events.push(outcome))
    const ends: string[] = []
    pool.wait(pool.lines.small, 1, ends)
    pool.during = () => pool.queue.close(() => Object.assign(new Error('closed'), { code: 'CLOSED' }))
    pool.give(pool.lines.small, 1)
    await settle()
    expect([ends, events, pool.putBacks]).toEqual([['1 CLOSED'], ['closed'], ['small']])
  })

  it('emits a wait in the async context that it was begun in', async () => {
    const { AsyncLocalStorage } = await import('node:async_hooks')
    const store = new AsyncLocalStorage<string>()
    const { BufferPool } = await import('@pool/core')
    const pool = new BufferPool({ bufferSize: 64, maxSize: 1, initialSize: 1 })
    const held = pool.acquire()
    const seen: (string | undefined)[] = []
    pool.on('wait', () => seen.push(store.getStore()))
    const wait = store.run('of the waiter', () => pool.acquireAsync())
    store.run('of the releaser', () => pool.release(held))
    pool.release(await wait)
    expect(seen).toEqual(['of the waiter'])
    pool.destroy()
  })

  it('names in its errors the pool, the figure and the remedy', async () => {
    const pool = new Pieces(1)
    const wait = pool.queue.wait(pool.lines.small, { bytes: 12, timeoutMs: 10, signal: undefined })
    expect(() => pool.wait(pool.lines.small, 1)).toThrow(
      "pool 'pieces': 1 acquires wait already, and maxWaiting is 1. Shed load before it gets here, or raise maxWaiting."
    )
    await expect(wait).rejects.toThrow(
      "pool 'pieces': no 12 bytes came free within 10 ms; 7 buffers are in use. Release sooner, raise the bound of the pool, or wait longer."
    )
  })
})
