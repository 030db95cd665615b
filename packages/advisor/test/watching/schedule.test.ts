import { expect, it } from 'vitest'
import { runRatio, scheduleOfThread } from '../../src/watching/schedule.js'

it.runIf(process.platform === 'linux')('reads how long this thread ran, which grows while it computes', () => {
  const before = scheduleOfThread()
  const { user: begin } = process.cpuUsage()
  while (process.cpuUsage().user - begin < 20_000);
  const after = scheduleOfThread()
  expect(Number(after?.ranNs) - Number(before?.ranNs)).toBeGreaterThan(5e6)
  expect(runRatio(before, after)).toBeGreaterThan(0)
  expect(runRatio(before, after)).toBeLessThanOrEqual(1)
})

it('gives the share of the time in which the thread had a core', () => {
  const before = { ranNs: 5, waitedNs: 10 }
  expect(runRatio(before, { ranNs: 35, waitedNs: 20 })).toBe(0.75)
  expect(runRatio(before, { ranNs: 35, waitedNs: 10 })).toBe(1)
  expect(runRatio(before, before)).toBeUndefined()
  expect(runRatio(undefined, before)).toBeUndefined()
})
