import { describe, expect, it } from 'vitest'
import { expectWarnings } from '../../../tooling/vitest-config/src/expected-warnings.js'
import { isPoolError, livePools, SizeClassPool } from '../src/index.js'
import * as check from '../src/kit/checks.js'

const mayBe = 'must be a pool, an iterable of pools, or a directory such as livePools'
const refusals: readonly (readonly [name: string, check: () => unknown, message: string])[] = [
  ['an integer that is none', () => check.validInteger('bytes', 1.5, 1, 9), 'bytes must be an integer in 1..9; it is 1.5.'],
  ['an integer out of range', () => check.validInteger('bytes', 10, 1, 9), 'bytes must be an integer in 1..9; it is 10.'],
  ['a bound below its range', () => check.validBound('max', 0, 1, 9), 'max must be an integer in 1..9; it is 0.'],
  ['a number that is none', () => check.validNumber('ratio', Number.NaN, 0, 1), 'ratio must be a number in 0..1; it is NaN.'],
  ['what is no power of two', () => check.validPowerOfTwo('align', 12, 64), 'align must be a power of two in 1..64; it is 12.'],
  ['an unknown word, unquoted', () => check.validChoice('clear', 'secret', ['a', 'b']), "clear must be one of 'a', 'b'; it is a string."],
  ['what is not boolean', () => check.validBoolean('fair', 0), 'fair must be true or false; it is 0.'],
  ['an empty name', () => check.validName('name', ''), 'name must be a string of 1 to 200 characters; it is a string.'],
  ['what is no function', () => check.validFunction('fn', {}), 'fn must be a function; it is an object.'],
  ...[new SizeClassPool({ name: 'alone' }), livePools, new Set()].map(
    (value, index) =>
      [
        `a pool or pools in the place of options, ${index}`,
        () => check.validOptions('options', value, ['a']),
        'options must be an object such as { pool } or { pools }, and not a pool or a list itself; it is an object.'
      ] as const
  ),
  ['an unknown option', () => check.validOptions('options', { x: 1 }, ['a', 'b']), "options has no 'x'; it has a, b."],
  [
    'an array of options',
    () => check.validOptions('options', [], ['a']),
    'options must be an object such as { pool } or { pools }, and not a pool or a list itself; it is an object.'
  ],
  ['a negative wait', () => check.validWait('waitMs', -1), 'waitMs must be a number of ms in 0..2147483647; it is -1.'],
  [
    'a timeout of nothing',
    () => check.validTimeout('timeoutMs', 0, 1),
    'timeoutMs must be a number of ms above 0 and up to 2147483647, or Infinity; it is 0.'
  ],
  ['a signal that is none', () => check.optionalSignal({}), 'signal must be an AbortSignal; it is an object.'],
  ['no pools', () => check.validPools({}), `pools ${mayBe}; it is undefined.`],
  ['pools that are null', () => check.validPools({ pools: null as never }, livePools), `pools ${mayBe}; it is null.`],
  ['pools that are a text', () => check.validPools({ pools: 'bodies' as never }), `pools ${mayBe}; it is a string.`],
  [
    'pools under both names',
    () => check.validPools({ pools: [], manager: livePools }),
    'manager is the old name of pools; give pools alone.'
  ],
  ['a manager that knows no pools', () => check.validPools({ manager: {} as never }), `manager ${mayBe}; it is an object.`],
  [
    'pools that can be read once only',
    () => check.validPools({ pools: [][Symbol.iterator]() }),
    'pools must be iterable again and again, such as an array; this one is spent once it was read; it is an object.'
  ],
  ['what is not a pool', () => check.validPools({ pools: [1] as never }), 'pools must be pools, each with stats(); it is 1.']
]

describe('@pool/core/validate', () => {
  it.each(refusals)('refuses %s, with a code and a message that tells what it may be', (_name, run, message) => {
    let problem: unknown
    try {
      run()
    } catch (error) {
      problem = error
    }
    expect(isPoolError(problem, 'ERR_POOL_INVALID_OPTION')).toBe(true)
    expect((problem as Error).message).toBe(message)
  })

  it('gives back what may be', () => {
    const signal = new AbortController().signal
    const pool = new SizeClassPool({ name: 'checked' })
    expect(check.validInteger('bytes', 9, 1, 9)).toBe(9)
    expect(check.validBound('max', Number.POSITIVE_INFINITY, 1, 9)).toBe(Number.POSITIVE_INFINITY)
    expect(check.validNumber('ratio', 0.5, 0, 1)).toBe(0.5)
    expect(check.validPowerOfTwo('align', 64, 64)).toBe(64)
    expect(check.validWait('waitMs', 0)).toBe(0)
    expect(check.validTimeout('timeoutMs', undefined, 5)).toBe(5)
    expect(check.optionalSignal(signal)).toBe(signal)
    pool.destroy()
  })

  it('takes one pool, several, or a directory of them, under one name', () => {
    const pool = new SizeClassPool({ name: 'checked' })
    const growing = new Set<SizeClassPool>()
    const several = check.validPools({ pools: growing })
    growing.add(pool)
    expect([...several.sources()]).toEqual([pool])
    expect([...check.validPools({ pools: pool }).sources()]).toEqual([pool])
    expect([...check.validPools({ pools: [pool] }, livePools).sources()]).toEqual([pool])
    expect(check.validPools({ pools: livePools })).toBe(livePools)
    expect(check.validPools({}, livePools)).toBe(livePools)
    pool.destroy()
  })

  it('takes the old name of pools, and warns of it once', async () => {
    expectWarnings('POOL_DEP_MANAGER')
    const warnings: Error[] = []
    const heard = (warning: Error) => warnings.push(warning)
    process.on('warning', heard)
    expect(check.validPools({ manager: livePools })).toBe(livePools)
    expect(check.validPools({ manager: livePools })).toBe(livePools)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', heard)
    expect(warnings).toMatchObject([{ name: 'DeprecationWarning', code: 'POOL_DEP_MANAGER' }])
  })

  it('knows what works like a promise', () => {
    const like = Object.fromEntries([['then', () => {}]])
    expect([Promise.resolve(), like, Object.assign(() => {}, like), null, {}, 'text'].map(check.isThenable)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false
    ])
  })
})
