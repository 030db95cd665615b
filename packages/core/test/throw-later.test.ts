import { expect, it, onTestFinished } from 'vitest'
import { throwLater } from '../src/kit.js'

it('throws as an uncaught exception, and not where it is called', async () => {
  const listeners = process.listeners('uncaughtException')
  const thrown: unknown[] = []
  const note = (error: unknown) => thrown.push(error)
  process.removeAllListeners('uncaughtException').on('uncaughtException', note)
  onTestFinished(() => {
    process.off('uncaughtException', note)
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  const error = new Error('of a listener')
  throwLater(error)
  expect(thrown).toEqual([])
  await new Promise((resolve) => setImmediate(resolve))
  expect(thrown).toEqual([error])
})
