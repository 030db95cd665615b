import { onTestFinished } from 'vitest'

/** What is thrown where nothing catches it, in place of the test runner's own listeners. */
export function uncaught(): unknown[] {
  const thrown: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  const note = (error: unknown) => thrown.push(error)
  process.removeAllListeners('uncaughtException').on('uncaughtException', note)
  onTestFinished(() => {
    process.off('uncaughtException', note)
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  return thrown
}
