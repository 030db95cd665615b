import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { canRevoke } from '../src/arena/wiping.js'
import {
  BufferPool,
  type BufferPoolOptions,
  livePools,
  type MemoryPressureOptions,
  memoryLimitBytes,
  SizeClassPool,
  type SizeClassPoolOptions,
  UnpooledPool
} from '../src/index.js'
import { bufferPoolSettings } from '../src/pools/buffer-pool.js'
import { arenaOf } from '../src/pools/pool.js'
import type { PressureSettings } from '../src/watching/pressure-watch.js'

const invalid = (name: string) => expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) })

/** What no option takes. */
const never = [null, Number.NaN, '1', '', true, {}, [], () => {}, Symbol('one'), 1n]
const noNumber = [...never, -1, Number.NEGATIVE_INFINITY]
const noInteger = [...noNumber, 0.5, 1.5, 2 ** 53]
const noPositive = [...noInteger, 0, -0]
const noName = [null, 5, true, {}, [], () => {}, Symbol('one'), 1n, '', 'x'.repeat(201)]
const noChoice = [...never, 0, 5, 'RELEASE', 'always', undefined === null]
const noBoolean = [null, 0, 1, Number.NaN, 'true', '', {}, [], () => {}, Symbol('one'), 1n]

const ofEveryPool: Record<string, readonly unknown[]> = {
  name: noName,
  autoScale: noBoolean,
  shrinkInterval: [...noInteger, 2 ** 31, Number.POSITIVE_INFINITY],
  shrinkThreshold: [...noNumber, 1.01, Number.POSITIVE_INFINITY],
  maxLiveBytes: [...noPositive, 1],
  maxIdleBytes: noInteger,
  clear: noChoice,
  maxWaiting: noInteger,
  acquireTimeoutMs: [...noNumber, 0, -0, 2 ** 31],
  leakDetection: noChoice,
  heldTooLongMs: [...noNumber, 2 ** 31, Number.POSITIVE_INFINITY],
  debug: noChoice,
  memoryPressure: [null, true, 0, 5, 'high', [], () => {}, { elevate: 1 }],
  pooling: noBoolean
}
const noThreshold = [...noNumber, 0, -0, Number.POSITIVE_INFINITY]
const ofPressure: Record<string, readonly unknown[]> = {
  elevated: noThreshold,
  critical: noThreshold,
  intervalMs: [...noPositive, 2 ** 31, Number.POSITIVE_INFINITY],
  usedBytes: [null, 5, 'fn', {}, []]
}
const counts = {
  initialSize: [...noInteger, 2 ** 31, Number.POSITIVE_INFINITY],
  maxSize: [...noPositive, 2 ** 31, Number.POSITIVE_INFINITY]
}
const ofBufferPool = { ...ofEveryPool, ...counts, bufferSize: [...noPositive, 2 ** 31, Number.POSITIVE_INFINITY] }
const ofSizeClassPool = {
  ...ofEveryPool,
  ...counts,
  minClassBytes: [...noPositive, 2 ** 31, Number.POSITIVE_INFINITY],
  maxClassBytes: [...noPositive, 255, 2 ** 31, Number.POSITIVE_INFINITY],
  classesPerDoubling: [...noPositive, 2, 3, 8],
  sizes: [
    ...[null, 5, '64', {}, [], new Uint32Array([1, 2]), Array.from({ length: 129 }, (_, index) => index + 1)],
    ...[[0], [-1], [1.5], ['64'], [null], [2 ** 31], [64, 64], [128, 64], [64, Number.NaN], [64, 1n], new Array(2), [64, undefined]]
  ],
  oversize: noChoice
}
const ofUnpooledPool = {
  name: noName,
  maxLiveBytes: noPositive,
  maxSize: [...noPositive, 2 ** 31, Number.POSITIVE_INFINITY],
  clear: noChoice,
  leakDetection: noChoice
}

const rows = (options: Record<string, readonly unknown[]>) =>
  Object.entries(options).flatMap(([name, values]) => values.map((value) => ({ name, value })))

const makers = {
  BufferPool: { make: (options: object) => new BufferPool(options), wrong: ofBufferPool },
  SizeClassPool: { make: (options: object) => new SizeClassPool(options), wrong: ofSizeClassPool },
  UnpooledPool: { make: (options: object) => new UnpooledPool(options), wrong: ofUnpooledPool }
}

describe.each(Object.entries(makers))('%s', (_, { make, wrong }) => {
  it('refuses each option’s wrong values by the option’s name, before anything is allocated', () => {
    const alloc = vi.spyOn(Buffer, 'alloc')
    const allocUnsafeSlow = vi.spyOn(Buffer, 'allocUnsafeSlow')
    const before = [...livePools.sources()].length
    for (const { name, value } of rows(wrong)) {
      const options = { [name]: value }
      expect(() => make(options), `${name}: ${inspect(value)}`).toThrow(invalid(name))
    }
    expect(alloc).not.toHaveBeenCalled()
    expect(allocUnsafeSlow).not.toHaveBeenCalled()
    expect([...livePools.sources()]).toHaveLength(before)
  })

  it('refuses options that are no object, and options that there are not', () => {
    for (const options of [null, 5, 'options', [], () => {}]) expect(() => make(options as object)).toThrow(invalid('options'))
    for (const name of ['maxsize', 'size', 'constructor', 'toString']) expect(() => make({ [name]: 5 })).toThrow(invalid(name))
    expect(() => make(JSON.parse('{ "__proto__": 5 }'))).toThrow(invalid('__proto__'))
  })

  it('takes undefined for what is not given', () => {
    const names = Object.keys(wrong)
    const pool = make(Object.fromEntries(names.map((name) => [name, undefined])))
    const { capacity, maxLiveBytes } = pool.stats()
    expect({ capacity, maxLiveBytes }).toEqual({ capacity: make({}).stats().capacity, maxLiveBytes: make({}).stats().maxLiveBytes })
  })

  it('takes frozen options, and reads getters and what a class inherits', () => {
    expect(make(Object.freeze({ maxSize: 5 })).stats().capacity % 5).toBe(0)
    class Options {
      get maxSize() {
        return 5
      }
    }
    expect(make(new Options()).stats().capacity % 5).toBe(0)
    const inherited = make(Object.create({ maxSize: 5, name: 'inherited', maxLiveBytes: 2 ** 25 }))
    expect(inherited.stats().capacity % 5).toBe(0)
    expect(inherited.stats()).toMatchObject({ name: 'inherited', maxLiveBytes: 2 ** 25 })
  })

  it('lets the error of a getter pass, and has allocated nothing', () => {
    const alloc = vi.spyOn(Buffer, 'alloc')
    const failure = new Error('getter')
    const options = {
      get clear(): string {
        throw failure
      }
    }
    expect(() => make(options)).toThrow(failure)
    expect(alloc).not.toHaveBeenCalled()
  })

  it('quotes neither strings nor objects in what it says', () => {
    for (const value of ['geheim', { geheim: 1 }, ['geheim']]) {
      for (const name of Object.keys(wrong)) {
        if (name === 'name' && typeof value === 'string') continue
        if (name === 'memoryPressure' && typeof value === 'object') continue
        let message = ''
        try {
          make({ [name]: value })
        } catch (error) {
          message = (error as Error).message
        }
        expect(message, name).not.toBe('')
        expect(message, name).not.toContain('geheim')
      }
    }
  })

  it('is named when it gets no name, each pool otherwise', () => {
    expect(make({}).name).toMatch(/^pool-\d+$/)
    expect(make({}).name).not.toBe(make({}).name)
    expect(make({ name: 'x'.repeat(200) }).name).toHaveLength(200)
  })
})

describe('memoryPressure', () => {
  it('refuses each wrong value by its name', () => {
    for (const { name, value } of rows(ofPressure)) {
      const memoryPressure = { [name]: value } as object
      expect(() => new BufferPool({ memoryPressure })).toThrow(invalid(`memoryPressure.${name}`))
    }
  })
})

describe('bounds that exclude each other', () => {
  it.each<[string, () => unknown]>([
    ['initialSize', () => new BufferPool({ initialSize: 5, maxSize: 4 })],
    ['initialSize', () => new BufferPool({ initialSize: 5, bufferSize: 100, maxLiveBytes: 499 })],
    ['initialSize', () => new BufferPool({ initialSize: 5, bufferSize: 100, maxIdleBytes: 499 })],
    ['initialSize', () => new BufferPool({ initialSize: 2 ** 30, bufferSize: 2 ** 30 })],
    ['initialSize', () => new BufferPool({ initialSize: 0, autoScale: false })],
    ['initialSize', () => new SizeClassPool({ autoScale: false })],
    ['initialSize', () => new SizeClassPool({ initialSize: 1, sizes: [100, 200], maxLiveBytes: 299 })],
    ['maxLiveBytes', () => new BufferPool({ bufferSize: 100, maxLiveBytes: 99 })],
    ['maxLiveBytes', () => new SizeClassPool({ sizes: [100, 200], maxLiveBytes: 199 })],
    ['maxClassBytes', () => new SizeClassPool({ minClassBytes: 512, maxClassBytes: 511 })],
    ['memoryPressure.critical', () => new BufferPool({ memoryPressure: { elevated: 0.5, critical: 0.4 } })],
    ['sizes', () => new SizeClassPool({ sizes: [64], minClassBytes: 64 })],
    ['sizes', () => new SizeClassPool({ sizes: [64], maxClassBytes: 64 })],
    ['sizes', () => new SizeClassPool({ sizes: [64], classesPerDoubling: 1 })]
  ])('are refused, naming %s', (name, make) => {
    expect(make).toThrow(invalid(name))
  })
})

describe('defaults', () => {
  it('of BufferPool: 8 KiB, 16 to start, 1024 at most, a quarter of the memory', () => {
    const quarter = Math.floor(memoryLimitBytes() / 4)
    expect(new BufferPool().stats()).toMatchObject({
      bufferSize: 8192,
      available: 16,
      capacity: 1024,
      maxLiveBytes: quarter,
      maxIdleBytes: Math.floor(quarter / 2)
    })
  })

  it('of memory pressure: 0.8 and 0.9, each as far as the other leaves room', () => {
    const thresholdsOf = (memoryPressure: MemoryPressureOptions) => {
      const { elevatedBytes, criticalBytes } = bufferPoolSettings({ memoryPressure }).pressure as PressureSettings
      return [elevatedBytes, criticalBytes]
    }
    const limit = memoryLimitBytes()
    expect(thresholdsOf({})).toEqual([0.8 * limit, 0.9 * limit])
    expect(thresholdsOf({ elevated: 0.95 })).toEqual([0.95 * limit, 0.95 * limit])
    expect(thresholdsOf({ elevated: 5000 })).toEqual([5000, 0.9 * limit])
    expect(thresholdsOf({ critical: 0.5 })).toEqual([0.5 * limit, 0.5 * limit])
    expect(thresholdsOf({ critical: 5000 })).toEqual([5000, 5000])
  })

  it('start with fewer buffers where the bounds allow fewer', () => {
    const availableWith = (options: BufferPoolOptions) => new BufferPool(options).stats().available
    expect(availableWith({ maxSize: 3 })).toBe(3)
    expect(availableWith({ bufferSize: 2 ** 20, maxLiveBytes: 8 * 2 ** 20 })).toBe(4)
    expect(availableWith({ bufferSize: 2 ** 20, maxIdleBytes: 2 * 2 ** 20 })).toBe(2)
    expect(availableWith({ maxIdleBytes: 0 })).toBe(0)
    expect(availableWith({ bufferSize: 64, maxLiveBytes: Number.POSITIVE_INFINITY, maxIdleBytes: Number.POSITIVE_INFINITY })).toBe(16)
  })

  it('raise what may be alive to what is asked for at the start', () => {
    expect(new BufferPool({ bufferSize: 64, initialSize: 2000 }).stats()).toMatchObject({ available: 2000, capacity: 2000 })
  })

  it('keep one buffer however tight the bound, or the pool would pool nothing', () => {
    const pools = [
      new BufferPool({ bufferSize: 4096, maxLiveBytes: 4096, initialSize: 0 }),
      new SizeClassPool({ sizes: [4096], maxLiveBytes: 4096 })
    ]
    for (const pool of pools) {
      pool.release(pool.acquire(4096))
      pool.release(pool.acquire(4096))
      expect(pool.stats()).toMatchObject({ available: 1, hits: 1, discards: 0 })
    }
  })

  it('of a fixed size: all are made at the start, and no more ever', () => {
    const pool = new BufferPool({ autoScale: false, maxSize: 3, bufferSize: 64 })
    expect(pool.stats()).toMatchObject({ available: 3, capacity: 3 })
    const smaller = new BufferPool({ autoScale: false, maxSize: 3, initialSize: 2, bufferSize: 64 })
    expect(smaller.stats()).toMatchObject({ available: 2, capacity: 2 })
  })

  it('of SizeClassPool: 256 bytes to 1 MiB, 1024 of each', () => {
    const pool = new SizeClassPool()
    expect(pool.sizes).toEqual(Array.from({ length: 13 }, (_, power) => 256 * 2 ** power))
    expect(pool.stats()).toMatchObject({ capacity: 14 * 1024, available: 0, liveBytes: 0 })
    expect(Object.isFrozen(pool.sizes)).toBe(true)
  })

  it('let the largest class grow with the smallest', () => {
    expect(new SizeClassPool({ minClassBytes: 2 ** 21 }).sizes).toEqual([2 ** 21])
  })

  it('copy a list of sizes, so that nobody changes it later', () => {
    const sizes = [64, 128]
    const pool = new SizeClassPool({ sizes })
    sizes[1] = 5
    expect(pool.sizes).toEqual([64, 128])
  })

  it('accept zero where zero means something', () => {
    const options: SizeClassPoolOptions = {
      shrinkInterval: 0,
      shrinkThreshold: 0,
      maxIdleBytes: 0,
      maxWaiting: 0,
      heldTooLongMs: 0,
      initialSize: 0
    }
    const pool = new SizeClassPool(options)
    pool.release(pool.acquire(1))
    expect(pool.stats()).toMatchObject({ available: 0, discards: 1 })
  })
})

describe('the environment', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('turns pooling off by POOL_POOLING, with every check in place', () => {
    vi.stubEnv('POOL_POOLING', 'off')
    for (const pool of [
      new BufferPool({ bufferSize: 64 }),
      new BufferPool({ bufferSize: 64, autoScale: false, maxSize: 2 }),
      new SizeClassPool()
    ]) {
      expect(pool.stats()).toMatchObject({ available: 0, maxIdleBytes: 0 })
      const buffer = pool.acquire(64)
      pool.release(buffer)
      expect(() => pool.release(buffer)).toThrow(expect.objectContaining({ code: 'ERR_POOL_DOUBLE_RELEASE' }))
      expect(pool.acquire(64)).not.toBe(buffer)
      expect(pool.stats()).toMatchObject({ hits: 0, misses: 2, discards: 1, available: 0, idleBytes: 0 })
      expect(pool.warm(5)).toBe(0)
    }
    expect(new BufferPool({ pooling: true }).stats().available).toBe(16)
  })

  it('sets the level of leak detection by POOL_LEAK_DETECTION, unless an option does', () => {
    vi.stubEnv('POOL_LEAK_DETECTION', 'all')
    expect(arenaOf(new BufferPool()).leaks.tracesAll).toBe(true)
    expect(arenaOf(new BufferPool({ leakDetection: 'off' })).leaks.tracesAll).toBe(false)
    expect(arenaOf(new UnpooledPool()).leaks.tracesAll).toBe(false)
  })

  it('turns debugging on by POOL_DEBUG, unless an option turns it off', () => {
    vi.stubEnv('POOL_DEBUG', 'poison')
    expect(arenaOf(new BufferPool()).stock.wiping.onAcquire).toBe(true)
    expect(arenaOf(new BufferPool({ debug: 'off' })).stock.wiping.onAcquire).toBe(false)
  })

  it('is refused by its name when it holds no such word; empty is not set', () => {
    for (const variable of ['POOL_POOLING', 'POOL_DEBUG', 'POOL_LEAK_DETECTION']) {
      vi.stubEnv(variable, 'maybe')
      expect(() => new BufferPool()).toThrow(invalid(variable))
      vi.stubEnv(variable, '')
      expect(new BufferPool().closed).toBe(false)
    }
  })

  it('cannot ask for what this Node does not have', () => {
    vi.stubEnv('POOL_DEBUG', 'revoke')
    if (canRevoke) expect(new BufferPool().closed).toBe(false)
    else expect(() => new BufferPool()).toThrow(invalid('debug'))
  })
})
