import { totalmem } from 'node:os'
import { describe, expect, it, vi } from 'vitest'
import { memoryLimitBytes } from '../src/index.js'

describe('memoryLimitBytes', () => {
  it('is the container’s limit where there is one', () => {
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(512 * 2 ** 20)
    expect(memoryLimitBytes()).toBe(512 * 2 ** 20)
  })

  it.each([
    ['none is set', 18_446_744_073_709_552_000],
    ['the system tells 0', 0],
    ['it is more than the machine has', totalmem() + 1],
    ['nothing is told', undefined as unknown as number]
  ])('is the machine’s memory where %s', (_, constrained) => {
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(constrained)
    expect(memoryLimitBytes()).toBe(totalmem())
  })
})
