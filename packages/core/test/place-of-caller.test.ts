import { describe, expect, it } from 'vitest'
import { CallerPlaces } from '../src/kit/observing/place-of-caller.js'

class SomePool {
  readonly #places = new CallerPlaces(this)

  acquire(): string {
    return this.#places.capture()
  }
}

describe('the place of a pool’s caller', () => {
  it('begins with the frame that called the pool, as text, and leaves the process’s limit as it was', () => {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 3
    const pool = new SomePool()
    function someCaller() {
      return pool.acquire()
    }
    const place = someCaller()
    expect(Error.stackTraceLimit).toBe(3)
    Error.stackTraceLimit = limit
    expect(place).toContain('someCaller')
    expect(place.split('\n').length).toBeLessThanOrEqual(8)
  })

  it('bears a process that prepares stacks in its own way', () => {
    const { prepareStackTrace } = Error
    Error.prepareStackTrace = (_, sites) => sites
    const place = new SomePool().acquire()
    Error.prepareStackTrace = prepareStackTrace
    expect(typeof place).toBe('string')
  })
})
