import type { Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { AppPage } from '../support/app-page.js'
import { collectionsDuring, onAudioThread } from '../support/collections.js'
import { counters, type PageWithEngine, runFor } from '../support/engine-in-page.js'
import { waveFile } from '../support/wave-file.js'

let app: AppPage

beforeAll(async () => {
  app = await AppPage.start()
})

afterEach(async () => {
  expect(app.errors.splice(0)).toEqual([])
  for (const context of app.browser.contexts()) await context.close()
})

afterAll(() => app?.close())

/** Waits until the page shows this frequency as the loudest, within 6 %: a gap that a busy machine makes passes. */
async function untilLoudestAt(page: Page, hz: number): Promise<void> {
  const isNear = (wanted: number) => {
    const shown = /loudest at (\d+) Hz/.exec(document.getElementById('peak')?.textContent ?? '')?.[1]
    return Math.abs(Number(shown) / wanted - 1) < 0.06
  }
  await page.waitForFunction(isNear, hz)
}

async function slide(page: Page, id: string, value: number): Promise<void> {
  await page.fill(`#${id}`, String(value))
}

/** Waits until enough new sound was played to fill what is ahead and what is shown. */
async function afterSound(page: Page, blocks = 160): Promise<void> {
  const { quanta } = await counters(page)
  await page.waitForFunction((target) => (globalThis as PageWithEngine).engine.count('quanta') >= target, quanta + blocks)
  await page.waitForTimeout(500)
}

/** Waits until one of the first two workers has taken over: which of them it is depends on which one was ready first. */
async function afterTakeover(page: Page): Promise<void> {
  await page.waitForFunction(() => /Worker [12] goes on/.test(document.getElementById('log')?.textContent ?? ''))
}

it.each([220, 660])('plays %i Hz when the slider says so', async (hz) => {
  const page = await app.play()
  await page.check('input[value=tone]', { force: true })
  await slide(page, 'frequency', hz)
  await afterSound(page)
  await untilLoudestAt(page, hz)
})

// A busy machine makes gaps of its own, in the run with deaths or in its control: the bench compares them over a minute, and here a worker that
// is not replaced would show, since it leaves silence for the rest of the run.
it('sounds on while ten workers are ended, and loses no block', async () => {
  const page = await app.play()
  await afterSound(page)
  const control = await runFor(page, 12_000, 0)
  const killed = await runFor(page, 12_000, 10)
  expect(killed.deaths).toBe(10)
  expect(killed.quanta).toBeGreaterThan(0.8 * control.quanta)
  expect(killed.underruns - control.underruns).toBeLessThan(0.08 * control.quanta)
  await page.waitForFunction(() => (globalThis as PageWithEngine).engine.mayKill, undefined, { timeout: 30_000 })
  const { reaped, stats } = await page.evaluate(async () => {
    const { engine } = globalThis as PageWithEngine
    const stats = await engine.close()
    return { reaped: engine.reapedBlocks, stats }
  })
  expect(reaped).toBeGreaterThanOrEqual(10)
  expect(stats).toMatchObject({ inUse: 0, inFlight: 0, available: 1024, refusedReleases: 0, stranded: expect.any(Number) })
})

it('collects no garbage on the audio thread with the pool, and does without it', async () => {
  const page = await app.play()
  await afterSound(page, 1500)
  const pooled = await collectionsDuring(app.browser, page, () => page.waitForTimeout(15_000))
  expect(onAudioThread(pooled)).toBe(0)
  await page.check('input[value=none]', { force: true })
  const unpooled = await collectionsDuring(app.browser, page, () => page.waitForTimeout(15_000))
  expect(onAudioThread(unpooled)).toBeGreaterThan(0)
})

it('changes the way of the blocks without losing one, and draws in each', async () => {
  const page = await app.play()
  await page.check('input[value=tone]', { force: true })
  await slide(page, 'frequency', 440)
  for (const mode of ['copy', 'none', 'pool', 'none', 'copy', 'pool']) {
    await page.check(`input[value=${mode}]`, { force: true })
    await afterSound(page)
    await untilLoudestAt(page, 440)
    await page.waitForFunction((flows) => (globalThis as PageWithEngine).engine.stats().inFlight > 0 === flows, mode === 'pool')
  }
  const stats = await page.evaluate(() => (globalThis as PageWithEngine).engine.close())
  expect(stats).toMatchObject({ inUse: 0, available: 1024, refusedReleases: 0 })
})

it.each(['copy', 'none'])('replaces an ended worker in the mode %s as well', async (mode) => {
  const page = await app.play()
  await page.check(`input[value=${mode}]`, { force: true })
  await afterSound(page)
  await page.click('#kill')
  await afterTakeover(page)
  await afterSound(page, 400)
})

it('plays a file that is chosen', async () => {
  const page = await app.play()
  await page.setInputFiles('#file', { name: 'tone.wav', mimeType: 'audio/wav', buffer: waveFile(523, 1) })
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[value=file]')?.checked)
  await afterSound(page)
  expect(await page.textContent('#file-name')).toBe('tone.wav, 1.0 s')
  await untilLoudestAt(page, 523)
})

it('says so when a file is not audio, and plays on', async () => {
  const page = await app.play()
  await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no sound') })
  await page.waitForFunction(() => document.getElementById('file-name')?.textContent?.includes('not an audio file'))
  await afterSound(page)
})

it('pauses and plays by the keyboard, and ends the worker by it', async () => {
  const page = await app.open()
  await page.keyboard.press('Space')
  await page.waitForSelector('#play[aria-pressed="true"]')
  await afterSound(page)
  await page.keyboard.press('k')
  await afterTakeover(page)
  await page.keyboard.press('Space')
  await page.waitForSelector('#play[aria-pressed="false"]')
  const { quanta } = await counters(page)
  await page.waitForTimeout(300)
  expect((await counters(page)).quanta).toBe(quanta)
})

// Sound that needed the page would be silent for all of that time; a busy machine makes some gaps of its own.
it('keeps sounding while the page makes garbage', async () => {
  const page = await app.play()
  await afterSound(page)
  const before = await counters(page)
  await page.click('#garbage')
  const after = await counters(page)
  expect(after.quanta - before.quanta).toBeGreaterThan(300)
  expect(after.underruns - before.underruns).toBeLessThan(0.25 * (after.quanta - before.quanta))
})

it('names every control, picture and list for screen readers', async () => {
  const page = await app.play()
  const tree = await page.locator('body').ariaSnapshot()
  for (const name of ['Frequency', 'Tempo', 'Cutoff', 'Volume']) expect(tree).toContain(`slider "${name}"`)
  for (const name of ['Drum loop', 'Oscillators', 'File']) expect(tree).toContain(`radio "${name}"`)
  expect(tree).toMatch(/img "Waveform.*"/)
  expect(tree).toMatch(/img "Spectrum.*"/)
  expect(tree).toContain('log "What happened"')
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement | HTMLButtonElement>('input, button')]
      .filter((control) => (control.textContent?.trim() || (control.labels?.length ?? 0) > 0) === false)
      .map((control) => control.outerHTML)
  )
  expect(nameless).toEqual([])
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('en')
})

it.each([
  ['phone', 360],
  ['desktop', 1280]
])('fits a %s of %i pixels', async (_, width) => {
  const page = await app.play({ viewport: { width, height: 800 } })
  await afterSound(page)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
})

it('explains itself on a page without shared memory', async () => {
  const page = await app.open()
  await page.route(app.url, async (route) => {
    const response = await route.fetch()
    const { 'cross-origin-opener-policy': _, 'cross-origin-embedder-policy': __, ...headers } = response.headers()
    await route.fulfill({ response, headers })
  })
  await page.reload()
  expect(await page.textContent('#notice')).toContain('Cross-Origin-Opener-Policy')
  expect(await page.isDisabled('#play')).toBe(true)
})
