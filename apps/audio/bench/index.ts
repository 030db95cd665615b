import { existsSync } from 'node:fs'
import type { Page } from 'playwright'
import { machine } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { AppPage, executablePath } from '../test/support/app-page.js'
import { collectionsDuring, onAudioThread } from '../test/support/collections.js'
import { runFor } from '../test/support/engine-in-page.js'
import type { measurements } from './page/measure.js'

type PageWithMeasurements = typeof globalThis & { readonly measurements: typeof measurements }

const short = process.argv.includes('--short')
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
/** Seconds of each long run. */
const seconds = short ? 10 : 60

/** One at a time by its name, `pnpm bench kills`; the short form leaves out those that play for long, unless they are named. */
const sections: Record<string, () => Promise<string[][]>> = {
  offline: () => measure(offline),
  filters: () => measure(filters),
  contended: () => measure(contended),
  pool: () => playing('pool'),
  none: () => playing('none'),
  kills: () => dying(10)
}

if (!existsSync(executablePath)) {
  console.log(`@pool/audio: nothing measured, since there is no Chromium at ${executablePath}. Name another one by CHROMIUM.`)
} else {
  const quick = ['offline', 'filters', 'contended']
  const chosen = named.length > 0 ? named : short ? quick : Object.keys(sections)
  const rows: string[][] = []
  for (const name of chosen) {
    const section = sections[name]
    if (section === undefined) throw new Error(`There is no section '${name}'; there are ${Object.keys(sections).join(', ')}.`)
    rows.push(...(await section()))
  }
  console.log(`@pool/audio, ${await machine()}${short ? ', short form: the figures waver' : ''}\n`)
  console.log(`${table(['figure', 'value', 'bar'], rows)}\n`)
}

async function measure(work: (page: Page) => Promise<string[][]>): Promise<string[][]> {
  const app = await AppPage.start('bench/page')
  try {
    const page = await app.open()
    await page.waitForFunction(() => 'measurements' in globalThis)
    return await work(page)
  } finally {
    await app.close()
  }
}

async function offline(page: Page): Promise<string[][]> {
  const { ns } = await page.evaluate((rounds) => (globalThis as PageWithMeasurements).measurements.offline(rounds), short ? 3 : 9)
  return [['acquire + release in the AudioWorklet, offline, less an empty run, ns', figure(ns), verdict(ns, { most: 50 })]]
}

async function filters(page: Page): Promise<string[][]> {
  const { wasmUs, scriptUs, ratio } = await page.evaluate(
    (rounds) => (globalThis as PageWithMeasurements).measurements.filters(rounds),
    short ? 5 : 25
  )
  return [
    ['64 taps on a quantum, WASM and SIMD, µs', figure(wasmUs), ''],
    ['64 taps on a quantum, JavaScript, µs', figure(scriptUs), ''],
    ['64 taps, × faster', figure(ratio), verdict(ratio, { least: 4 })]
  ]
}

async function contended(page: Page): Promise<string[][]> {
  const { pooled, control, tickNs } = await page.evaluate(
    (time) => (globalThis as PageWithMeasurements).measurements.contended(time),
    short ? 5 : 40
  )
  const [p999, p9999] = [pooled.p999 / 1000, pooled.p9999 / 1000]
  return [
    ['an acquire or a release in real time, two workers contending, p99.9, µs', figure(p999), verdict(p999, { most: 10 })],
    ['… p99.99, µs', figure(p9999), verdict(p9999, { most: 50 })],
    ['… control that does nothing: p99.9 · p99.99, µs', `${figure(control.p999 / 1000)} · ${figure(control.p9999 / 1000)}`, ''],
    ['… samples; one tick of the clock, ns', `${figure(pooled.samples)}; ${figure(tickNs)}`, '']
  ]
}

/** The collections of the audio thread while it plays. */
async function playing(mode: 'pool' | 'none'): Promise<string[][]> {
  const app = await AppPage.start()
  try {
    const page = await app.play()
    await page.check(`input[value=${mode}]`, { force: true })
    await page.waitForTimeout(5000)
    let run = { quanta: 0, underruns: 0 }
    const collections = await collectionsDuring(app.browser, page, async () => {
      run = await runFor(page, seconds * 1000, 0)
    })
    const found = onAudioThread(collections) ?? Number.NaN
    const what = `${mode === 'pool' ? 'shared pool' : 'no pool'}, ${seconds} s`
    return [
      [
        `${what}: collections on the audio thread`,
        String(found),
        mode === 'pool' ? verdict(found, { most: 0 }) : verdict(found, { least: 1 })
      ],
      [`${what}: underruns in ${figure(run.quanta)} quanta`, String(run.underruns), '']
    ]
  } finally {
    await app.close()
  }
}

/** Underruns in turns with one death each and turns without, one after the other, so that other work on the machine meets both. */
async function dying(deaths: number): Promise<string[][]> {
  const app = await AppPage.start()
  try {
    const page = await app.play()
    await page.waitForTimeout(5000)
    const sums = [0, 1].map(() => ({ quanta: 0, underruns: 0, deaths: 0 }))
    for (let turn = 0; turn < deaths; turn++) {
      for (const [kills, sum] of sums.entries()) {
        const run = await runFor(page, (seconds * 1000) / deaths, kills)
        sum.quanta += run.quanta
        sum.underruns += run.underruns
        sum.deaths += run.deaths
      }
    }
    const [control, killed] = sums as [(typeof sums)[0], (typeof sums)[0]]
    return [
      [`control, ${seconds} s: underruns in ${figure(control.quanta)} quanta`, String(control.underruns), ''],
      [
        `${killed.deaths} workers ended, ${seconds} s: underruns in ${figure(killed.quanta)} quanta`,
        String(killed.underruns),
        verdict(killed.underruns, { most: control.underruns })
      ]
    ]
  } finally {
    await app.close()
  }
}
