import { describe, expect, it } from 'vitest'
import { placeIn, stackOfCaller } from '../src/stack-of-caller.js'

describe('stackOfCaller', () => {
  it('names who called, as text, and leaves the process’s limit as it was', () => {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 3
    const someCaller = () => stackOfCaller()
    const stack = someCaller()
    expect(Error.stackTraceLimit).toBe(3)
    Error.stackTraceLimit = limit
    expect(stack.split('\n')[1]).toContain('someCaller')
  })

  it('bears a process that prepares stacks in its own way', () => {
    const { prepareStackTrace } = Error
    Error.prepareStackTrace = (_, sites) => sites
    const stack = stackOfCaller()
    Error.prepareStackTrace = prepareStackTrace
    expect(typeof stack).toBe('string')
    expect(typeof placeIn(stack)).toBe('string')
  })
})

describe('placeIn', () => {
  it('leaves out the pool’s own frames, unless there are no others', () => {
    const own = new URL('../src/', import.meta.url).pathname
    const mine = `    at take (${own}arena.ts:1:2)`
    const yours = '    at handle (/app/server.js:3:4)\n    at /app/main.js:5:6\n    at async file:///app/run.mjs:7:8'
    expect(placeIn(`Error\n${mine}\n${yours}`)).toBe(yours)
    expect(placeIn(`Error\n${mine}`)).toBe(mine)
    expect(placeIn(undefined)).toBeUndefined()
    expect(placeIn('Error')).toBe('')
  })
})
