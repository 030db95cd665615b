import { isPoolError } from '@pool/core/interfaces'
import { expect } from 'vitest'

/** Expects an error of that code, and that what `state` tells is the same before and after. */
export function refuses(code: string, action: () => unknown, state: () => unknown = () => undefined): void {
  const before = state()
  let caught: unknown
  try {
    action()
  } catch (error) {
    caught = error
  }
  if (!isPoolError(caught, code)) expect.fail(`${code} expected, got ${caught}`)
  expect(state()).toEqual(before)
}
