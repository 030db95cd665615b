import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect } from 'vitest'

/** Fails each test of this file that leaves an exception, or a rejection, to the process. */
export function expectNothingUncaught(): void {
  const uncaught: unknown[] = []
  const note = (error: unknown) => void uncaught.push(error)
  beforeEach(() => void process.on('uncaughtException', note).on('unhandledRejection', note))
  afterEach(async () => {
    await sleep(20)
    process.off('uncaughtException', note).off('unhandledRejection', note)
    expect(uncaught.splice(0)).toEqual([])
  })
}
