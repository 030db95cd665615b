import type { Page } from 'playwright'
import type { Engine } from '../../src/engine.js'

/** What the page's `engine` is in functions that run there. */
export type PageWithEngine = typeof globalThis & { readonly engine: Engine }

/** The deck's counters. */
export function counters(page: Page): Promise<{ readonly quanta: number; readonly underruns: number }> {
  return page.evaluate(() => {
    const { engine } = globalThis as PageWithEngine
    return { quanta: engine.count('quanta'), underruns: engine.count('underruns') }
  })
}

/** Ends `kills` workers in `ms`, evenly, or none; resolves to the blocks played and the gaps meanwhile. */
export async function runFor(
  page: Page,
  ms: number,
  kills: number
): Promise<{ readonly quanta: number; readonly underruns: number; readonly deaths: number }> {
  const before = await counters(page)
  const start = performance.now()
  let deaths = 0
  for (let at = 1; at <= kills; at++) {
    await page.waitForTimeout(Math.max(0, start + (at * ms) / (kills + 1) - performance.now()))
    await page.waitForFunction(() => (globalThis as PageWithEngine).engine.mayKill)
    if (await page.evaluate(async () => (await (globalThis as PageWithEngine).engine.kill()) !== undefined)) deaths++
  }
  await page.waitForTimeout(Math.max(0, start + ms - performance.now()))
  const after = await counters(page)
  return { quanta: after.quanta - before.quanta, underruns: after.underruns - before.underruns, deaths }
}
