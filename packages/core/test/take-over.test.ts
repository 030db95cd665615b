import { describe, expect, it } from 'vitest'
import { BufferPool, type Lease, PoolError } from '../src/index.js'
import { type LeaseKeeper, PooledLease, takeOver, takeOverAll } from '../src/kit.js'

const isLease = (piece: unknown): piece is Lease<Buffer> => !(piece instanceof Uint8Array)
const doubleRelease = expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' })
const leaseReleased = expect.objectContaining({ code: 'ERR_POOL_LEASE_RELEASED' })
const smallPool = () => new BufferPool({ bufferSize: 64, initialSize: 0, maxSize: 2 })

describe('takeOver', () => {
  it('ends the lease that was given, and keeps its memory out until the new one is released', () => {
    const pool = smallPool()
    const given = pool.lease(10)
    const { buffer } = given
    const own = takeOver(given)
    expect(own.buffer).toBe(buffer)
    expect(given.released).toBe(true)
    expect(() => given.release()).toThrow(doubleRelease)
    given[Symbol.dispose]()
    expect(pool.stats().inUse).toBe(1)
    own.release()
    expect(pool.stats().inUse).toBe(0)
    expect(() => takeOver(given)).toThrow(leaseReleased)
  })
})

describe('takeOver of a lease whose class is derived', () => {
  it('goes by its own retain and end, which may do more', () => {
    const calls: string[] = []
    const memory = Buffer.alloc(4)
    const keeper: LeaseKeeper<Buffer> = {
      takeBack: () => calls.push('take back'),
      share: () => calls.push('share'),
      quarantine: () => calls.push('quarantine'),
      releasedTwice: () => new Error('twice'),
      usedAfterRelease: () => new Error('after')
    }
    class Noting extends PooledLease<Buffer, Buffer> {
      override release(): void {
        calls.push('release')
        super.release()
      }
    }
    const own = takeOver(new Noting(keeper, memory, memory))
    expect(calls).toEqual(['share', 'release', 'take back'])
    expect(own).toBeInstanceOf(Noting)
    calls.length = 0
    const plain = takeOver(new PooledLease(keeper, memory, memory))
    expect(calls).toEqual([])
    plain.release()
    expect(calls).toEqual(['take back'])
  })
})

describe('takeOverAll', () => {
  it('takes a lease that is there twice over twice, and leaves other pieces as they are', () => {
    const pool = smallPool()
    const given = pool.lease(10)
    const bytes = Buffer.alloc(1)
    const own = takeOverAll<Buffer | Lease<Buffer>>([given, bytes, given], isLease)
    expect(own[1]).toBe(bytes)
    expect(given.released).toBe(true)
    ;(own[0] as Lease).release()
    expect(pool.stats().inUse).toBe(1)
    ;(own[2] as Lease).release()
    expect(pool.stats().inUse).toBe(0)
  })

  it('takes none over where one of them throws', () => {
    const pool = smallPool()
    const [good, gone] = [pool.lease(10), pool.lease(10)]
    gone.release()
    let error: unknown
    try {
      takeOverAll<Lease<Buffer>>([good, gone], isLease)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(PoolError)
    expect(error).toEqual(leaseReleased)
    expect(good.released).toBe(false)
    good.release()
    expect(pool.stats().inUse).toBe(0)
  })
})
