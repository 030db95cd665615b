import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { advise } from '../../src/advice/advise.js'
import { adviceReport } from '../../src/output/advice-report.js'
import { machine } from '../support/calibration.js'
import { profileOf, siteOf } from '../support/profile-of.js'

const folder = mkdtempSync(join(tmpdir(), 'advisor-report-'))
const file = join(folder, 'advice.html')
const complaints: string[] = []
const asked: string[] = []
let browser: Browser

beforeAll(async () => {
  const long = 'a-package-with-a-name-that-is-longer-than-a-phone-is-wide/and-a-path-below-it/index.js:1043'
  const profile = profileOf({
    sites: [
      siteOf(),
      siteOf({ maker: 'Readable.push', frames: [], place: 'node:http IncomingMessage' }),
      siteOf({
        maker: 'Buffer.alloc',
        place: long,
        library: '<script>alert(1)</script>',
        sizes: [{ bytes: 2 ** 19, count: 2000 }],
        count: 2000
      })
    ]
  })
  writeFileSync(file, adviceReport(advise(profile, machine), profile))
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
})

afterEach(async () => {
  expect(complaints.splice(0)).toEqual([])
  expect(asked.splice(0)).toEqual([pathToFileURL(file).href])
  for (const context of browser.contexts()) await context.close()
})

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Opens the report with the network cut off: whatever it asks for is listed, and refused. */
async function opened(width: number, colorScheme: 'light' | 'dark'): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true })
  const page = await context.newPage()
  await page.route('**', (route) => {
    asked.push(route.request().url())
    return route.request().isNavigationRequest() ? route.continue() : route.abort()
  })
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => complaints.push(message.text()))
  await page.goto(pathToFileURL(file).href)
  if (process.env.PICTURES !== undefined)
    await page.screenshot({ path: join(process.env.PICTURES, `report-${width}-${colorScheme}.png`), fullPage: true })
  return page
}

it.each([
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark']
] as const)('opens without the network and without a complaint, and fits a window of %i px, %s', async (width, colorScheme) => {
  const page = await opened(width, colorScheme)
  expect(await page.textContent('body')).toContain('pooledBody')
  expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBeLessThanOrEqual(0)
  const style = (name: string) => page.evaluate<string>(`getComputedStyle(document.body).${name}`)
  const [ground, ink] = [brightness(await style('backgroundColor')), brightness(await style('color'))]
  expect(colorScheme === 'dark' ? ink - ground : ground - ink).toBeGreaterThan(400)
})

it('shows names as they are, and runs none of them', async () => {
  const page = await opened(1280, 'light')
  expect(await page.textContent('body')).toContain('<script>alert(1)</script>')
  expect(await page.locator('script').count()).toBe(0)
})

function brightness(color: string): number {
  return (color.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)
}
