import { markAsUntransferable } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { canRevoke } from '../src/arena/wiping.js'
import { BufferPool, SizeClassPool } from '../src/index.js'
import { bufferSourceContract, checkFigures } from '../src/testing.js'

const coded = (code: string) => expect.objectContaining({ code })

describe.runIf(canRevoke)("debug: 'revoke' (needs ArrayBuffer.prototype.transfer: Node 22)", () => {
  it('makes every reference to released memory go dead', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, debug: 'revoke' })
    const stale = pool.acquire()
    const part = stale.subarray(10)
    const wide = new Uint32Array(stale.buffer)
    pool.release(stale)
    expect([stale.length, part.length, wide.length]).toEqual([0, 0, 0])
    stale[3] = 1
    const next = pool.acquire()
    expect(next === stale).toBe(false)
    expect(next.every((byte) => byte === 0)).toBe(true)
    expect(() => stale.fill(1)).toThrow(TypeError)
    expect(() => pool.release(stale)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    pool.release(next)
    expect(pool.stats()).toMatchObject({ hits: 2, misses: 0, total: 1, inUse: 0, quarantined: 0 })
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('revokes leased memory with its last lease', () => {
    const pool = new SizeClassPool({ debug: 'revoke' })
    const lease = pool.lease(100)
    const other = lease.retain()
    const { buffer } = lease
    lease.release()
    expect([buffer.length, other.buffer.length]).toEqual([100, 100])
    other.release()
    expect(buffer.length).toBe(0)
    const again = pool.lease(100)
    expect(again.buffer.length).toBe(100)
    again.release()
    pool.destroy()
  })

  it('lets go of memory that its user has made untransferable', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, debug: 'revoke' })
    const stale = pool.acquire()
    markAsUntransferable(stale.buffer)
    pool.release(stale)
    expect(() => pool.release(stale)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    expect(pool.stats()).toMatchObject({ inUse: 0, releases: 1 })
    const next = pool.acquire()
    // Node 22 transfers it all the same.
    if (stale.length > 0) expect(next.buffer).not.toBe(stale.buffer)
    pool.release(next)
    checkFigures(pool.stats())
    pool.destroy()
  })

  it('holds for thousands of turns, and for all ways out', () => {
    const pool = new SizeClassPool({ debug: 'revoke', sizes: [64, 128], maxIdleBytes: 200 })
    for (let turn = 0; turn < 2000; turn++) {
      const buffers = [pool.acquire(64), pool.acquire(100), pool.acquire(100), pool.acquire(500)]
      for (const buffer of buffers) pool.release(buffer.fill(turn))
      if (turn % 100 === 0) pool.trim()
    }
    expect(pool.stats()).toMatchObject({ inUse: 0, outstanding: 0, quarantined: 0 })
    checkFigures(pool.stats())
    pool.destroy()
    expect(pool.stats().liveBytes).toBe(0)
  })
})

describe.runIf(canRevoke)("pools keep the contract with debug: 'revoke' (needs ArrayBuffer.prototype.transfer: Node 22)", () => {
  for (const { title, run } of bufferSourceContract(
    ({ bytes, maxBuffers }) => new BufferPool({ bufferSize: bytes, maxSize: maxBuffers, initialSize: 1, debug: 'revoke' })
  )) {
    it(`BufferPool ${title}`, run)
  }
  for (const { title, run } of bufferSourceContract(({ maxBuffers }) => new SizeClassPool({ maxSize: maxBuffers, debug: 'revoke' }))) {
    it(`SizeClassPool ${title}`, run)
  }
})

describe.runIf(canRevoke)('memory that its user transferred away (needs ArrayBuffer.prototype.transfer: Node 22)', () => {
  const transfer = (buffer: Buffer) => structuredClone(buffer.buffer, { transfer: [buffer.buffer as ArrayBuffer] })

  it('is let go of when it is released, with an error that says so', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1, maxSize: 1, debug: 'revoke' })
    const buffer = pool.acquire()
    transfer(buffer)
    expect(() => pool.release(buffer)).toThrow(coded('ERR_POOL_DETACHED_BUFFER'))
    expect(pool.stats()).toMatchObject({ inUse: 0, total: 0, liveBytes: 0, quarantined: 1, releases: 1 })
    expect(() => pool.release(buffer)).toThrow(coded('ERR_POOL_DOUBLE_RELEASE'))
    expect(pool.acquire().length).toBe(64)
    checkFigures(pool.stats())
    pool.destroy()
  })
})

describe('memory of a pool', () => {
  it('cannot be transferred away by structuredClone or postMessage: Node copies it, or refuses', () => {
    const pool = new BufferPool({ bufferSize: 64, initialSize: 1 })
    const buffer = pool.acquire()
    const { port1, port2 } = new MessageChannel()
    const list = [buffer.buffer as ArrayBuffer]
    for (const transfer of [() => structuredClone(buffer.buffer, { transfer: list }), () => port1.postMessage(buffer, list)]) {
      try {
        transfer()
      } catch (error) {
        expect(error).toMatchObject({ name: 'DataCloneError' })
      }
      expect(buffer.length).toBe(64)
    }
    port1.close()
    port2.close()
    pool.release(buffer)
    pool.destroy()
  })
})

describe.runIf(!canRevoke)("debug: 'revoke' on a Node without transfer", () => {
  it('is refused by the option’s name', () => {
    expect(() => new BufferPool({ debug: 'revoke' })).toThrow(coded('ERR_POOL_INVALID_OPTION'))
  })
})
