import { SizeClassPool } from '@pool/core'
import { afterEach, expect, it } from 'vitest'
import { type Observation, startAdvisor } from '../src/start-advisor.js'
import { validProfile } from '../src/valid-profile.js'

let observation: Observation | undefined
afterEach(() => {
  observation?.stop()
  observation = undefined
})

it('observes where buffers are made, their bytes, their count and their sizes', () => {
  observation = startAdvisor({ seed: 1, meanBytes: 65_536 })
  for (let made = 0; made < 100; made++) Buffer.alloc(200_000)
  const profile = validProfile(JSON.parse(JSON.stringify(observation.stop())))
  const site = profile.sites.find(({ maker }) => maker === 'Buffer.alloc')
  expect(site?.place).toMatch(/start-advisor\.test\.ts:\d+$/)
  expect(site?.frames[0]?.library).toBeUndefined()
  expect(site).not.toHaveProperty('library')
  expect(Number(site?.bytes) / 20_000_000).toBeCloseTo(1, 1)
  expect(Number(site?.count) / 100).toBeCloseTo(1, 1)
  expect(site?.sizes.at(-1)?.bytes).toBe(212_992)
  expect(profile.process.minorFaults).toBeGreaterThan(0)
  expect(profile.process.peakRssBytes).toBeGreaterThanOrEqual(profile.process.rssBytes)
})

it('refuses a second observation with ERR_POOL_ADVISOR_ACTIVE until the first is stopped', () => {
  observation = startAdvisor()
  expect(() => startAdvisor()).toThrow(expect.objectContaining({ code: 'ERR_POOL_ADVISOR_ACTIVE' }))
  const profile = observation.stop()
  expect(observation.stop()).toBe(profile)
  expect(observation.profile()).toBe(profile)
  observation = startAdvisor()
})

it.each([{ meanBytes: 0 }, { meanBytes: 1.5e9 }, { seed: 0 }, { seed: '1' }, { interval: 1 }, null])(
  'refuses the options %j with ERR_POOL_INVALID_OPTION, and wraps nothing',
  (options) => {
    const { alloc } = Buffer
    expect(() => startAdvisor(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    expect(Buffer.alloc).toBe(alloc)
  }
)

it('reads the pools that the program has, and goes on after profile()', () => {
  const pool = new SizeClassPool({ name: 'advised' })
  observation = startAdvisor()
  const held = pool.acquire(1000)
  const first = observation.profile().pools.find(({ name }) => name === 'advised')
  expect(first).toMatchObject({ kind: 'size-class', stats: { inUse: 1 }, histogram: { requests: 1 } })
  pool.release(held)
  expect(observation.stop().pools.find(({ name }) => name === 'advised')?.stats.inUse).toBe(0)
  pool.destroy()
})
