import { expect, it } from 'vitest'
import { type RunningFrame, StackReader } from '../../src/places/stack.js'

const reader = new StackReader()

function probe(): readonly RunningFrame[] {
  return reader.above(probe)
}

async function awaited(): Promise<readonly RunningFrame[]> {
  await Promise.resolve()
  return probe()
}

async function caller(): Promise<readonly RunningFrame[]> {
  return await awaited()
}

it('begins above the function that is named, and has the asynchronous callers, also when the frames are met again', async () => {
  for (let time = 0; time < 3; time++) {
    const stack = await caller()
    const ours = stack.filter(({ script }) => !script.startsWith('node:'))
    expect(ours.slice(0, 2).map((frame) => frame.function)).toEqual(['awaited', 'caller'])
    expect(stack[0]?.script).toMatch(/stack\.test\.ts$/)
  }
})

it('leaves Error as it was, with a trace of its own or without', () => {
  const { stackTraceLimit } = Error
  probe()
  expect(Object.hasOwn(Error, 'prepareStackTrace') && Error.prepareStackTrace === undefined).toBe(false)
  expect(Error.stackTraceLimit).toBe(stackTraceLimit)
})

it('tells apart two places in one line', () => {
  const [one, other] = [probe()[0], probe()[0]]
  expect(one?.line).toBe(other?.line)
  expect(one?.column).not.toBe(other?.column)
})

it('tells apart code that was made by texts, by the name that each gives itself', () => {
  const made = (name: string) => new Function('probe', `return probe()//# sourceURL=/made/${name}.js`)(probe) as readonly RunningFrame[]
  expect(['one', 'other'].map((name) => made(name)[0]?.script)).toEqual(['/made/one.js', '/made/other.js'])
})
