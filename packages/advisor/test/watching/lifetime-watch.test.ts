import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, expect, it } from 'vitest'
import { SiteLifetimes } from '../../src/sampling/site-book.js'
import { LifetimeWatch } from '../../src/watching/lifetime-watch.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void
afterAll(() => setFlagsFromString('--no-expose-gc'))

const mib = 2 ** 20
const siteOf = () => ({ maker: 0, stack: [], groups: new Map(), bytes: mib, lifetimes: new SiteLifetimes() })
const turn = () => new Promise<void>((done) => setImmediate(done))

/** In a function of its own, so that no register keeps the buffer. */
function watchNew(watch: LifetimeWatch, site: ReturnType<typeof siteOf>, times = 1): Buffer {
  const made = Buffer.allocUnsafeSlow(mib)
  for (let time = 0; time < times; time++) watch.add(made, site, 1)
  return made
}

it('keeps no watched buffer through a collection of the young generation, and judges each by the next major one', async () => {
  const watch = new LifetimeWatch(Math.random)
  const [dropped, kept] = [siteOf(), siteOf()]
  collect()
  const before = process.memoryUsage().arrayBuffers
  for (let made = 0; made < 8; made++) watchNew(watch, dropped)
  const held = Array.from({ length: 4 }, () => watchNew(watch, kept))
  await turn()
  // The first one makes room for what the second one frees.
  for (let time = 0; time < 2; time++) {
    collect({ type: 'minor' })
    await turn()
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(6 * mib)
  collect()
  watch.collected(performance.now(), 2 ** 30)
  expect(watch.judged).toBe(12)
  expect(dropped.lifetimes).toMatchObject({ watched: 8, dead: 8, peakLive: 0 })
  expect(kept.lifetimes).toMatchObject({ watched: 4, dead: 0, peakLive: 2 })
  expect(held).toHaveLength(4)
})

it('knows a buffer that was sampled twice for alive in both', async () => {
  const watch = new LifetimeWatch(Math.random)
  const site = siteOf()
  const held = watchNew(watch, site, 2)
  await turn()
  collect()
  watch.collected(performance.now(), 2 ** 30)
  expect(site.lifetimes).toMatchObject({ watched: 2, dead: 0 })
  expect(held).toHaveLength(mib)
})

it('watches sixteen at most', () => {
  const watch = new LifetimeWatch(Math.random)
  const held = Array.from({ length: 40 }, () => watchNew(watch, siteOf()))
  watch.collected(performance.now(), 2 ** 30)
  expect(watch.judged).toBe(16)
  expect(held).toHaveLength(40)
})
