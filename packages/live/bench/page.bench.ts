import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BufferPool } from '@pool/core'
import { livePage } from '@pool/live'
import { chromium, type Page } from 'playwright'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const cells = 2 ** 20
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** The page in Chromium: its first paint, and the map of a slab of a million blocks. */
export async function pageInBrowser(short: boolean): Promise<string> {
  if (!existsSync(executablePath))
    return `the page in Chromium: not measured, since there is no Chromium at ${executablePath}. Name another one by CHROMIUM.`
  const pools = Array.from({ length: 10 }, (_, at) => new BufferPool({ name: `pool ${at}`, bufferSize: 4096 }))
  const handler = livePage({ pools })
  const server = createServer(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu']
  })
  try {
    const page = await browser.newPage()
    // The compiler of this file names functions by a helper that the page does not have.
    await page.addInitScript('globalThis.__name = (named) => named')
    progress('first paint')
    const [cold, ...again] = await paints(page, url, short ? 3 : 11)
    progress('a map of a million blocks')
    const { drawMs, frameMs } = await framesOfMap(page, short ? 30 : 240)
    progress('')
    return table(
      ['the page in Chromium', 'median', 'worst', 'bar'],
      [
        ['first paint, ms', figure(median(again)), figure(Math.max(...again)), verdict(median(again), { most: 300 })],
        ['first paint of a browser that was just started, ms', figure(Number(cold)), '', verdict(Number(cold), { most: 300 })],
        [
          'a million blocks drawn, each changed, ms',
          figure(median(drawMs)),
          figure(Math.max(...drawMs)),
          verdict(median(drawMs), { most: 50 })
        ],
        [
          'frames a second while a thousandth changes in each',
          figure(1000 / median(frameMs)),
          figure(1000 / Math.max(...frameMs)),
          verdict(1000 / median(frameMs), { least: 59.5 })
        ]
      ]
    )
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
    for (const pool of pools) pool.destroy()
  }
}

/** ms from the navigation to the first paint with content; each time with an empty cache. */
async function paints(page: Page, url: string, times: number): Promise<number[]> {
  const found: number[] = []
  for (let time = 0; time < times; time++) {
    const context = await page.context().browser()?.newContext()
    if (context === undefined) throw new Error('the browser has ended')
    const fresh = await context.newPage()
    await fresh.goto(url)
    await fresh.waitForSelector('#pools tbody tr')
    found.push(await fresh.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.POSITIVE_INFINITY))
    await context.close()
  }
  await page.goto(url)
  return found
}

/** The map drawn anew each time, and then in each frame a thousandth of it. */
async function framesOfMap(page: Page, frames: number): Promise<{ readonly drawMs: number[]; readonly frameMs: number[] }> {
  return page.evaluate(
    async ([count, all]) => {
      const { SlabMap } = await import(new URL('slab-map.js', location.href).href)
      const map = new SlabMap('blocks', 11)
      document.querySelector('#pools')?.append(map.row)
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
      const bitsOf = (fill: () => number) => Uint8Array.from({ length: all / 8 }, fill)
      const drawMs: number[] = []
      for (let time = 0; time < 20; time++) {
        const occupancy = { cells: all, cellBytes: 64, bits: bitsOf(() => Math.random() * 256) }
        await frame()
        const begin = performance.now()
        map.draw(occupancy)
        drawMs.push(performance.now() - begin)
      }
      let bits = bitsOf(() => Math.random() * 256)
      const frameMs: number[] = []
      let last = await frame()
      for (let time = 0; time < count; time++) {
        bits = bits.slice()
        for (let change = 0; change < all / 1000; change++) bits[Math.floor(Math.random() * bits.length)] = change % 256
        map.draw({ cells: all, cellBytes: 64, bits })
        const now = await frame()
        frameMs.push(now - last)
        last = now
      }
      return { drawMs, frameMs }
    },
    [frames, cells] as const
  )
}
