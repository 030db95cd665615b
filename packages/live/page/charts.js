/** @import { PoolSample, Sample } from '../src/sample.js' */
/** @import Plot from 'uplot' */
import { ofBytes, ofCount, ofShare, ofTime } from './figures.js'
import { perSecond } from './history.js'

/**
 * One curve: its label, and its value out of a sample and the one before it.
 * @typedef {{ label: string, value: (now: Sample, before: Sample) => number }} Curve
 * @typedef {{ title: string, format: (value: number) => string, steps?: number[], curves: Curve[], needsProcess?: boolean }} Chart
 */

/** Distances of the lines behind curves of bytes, so that their labels are round in KiB and MiB. */
const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power)
/** Distances behind curves of counts, of which there are no halves. */
const wholes = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((first) => first * 10 ** power)).flat()

/**
 * A figure of the chosen pools together.
 * @param {() => string} choice - id of the one pool that is shown, or ''
 * @param {(pool: PoolSample) => number} figure
 * @returns {(sample: Sample) => number}
 */
function sumOf(choice, figure) {
  return ({ pools }) => pools.reduce((sum, pool) => (choice() === '' || choice() === pool.id ? sum + figure(pool) : sum), 0)
}

/**
 * @param {(sample: Sample) => number} total
 * @returns {(now: Sample, before: Sample) => number}
 */
const rate = (total) => (now, before) => perSecond(total(before), total(now), now.at - before.at)

/**
 * The charts of the page.
 * @param {() => string} choice - id of the one pool that is shown, or ''
 * @returns {Chart[]}
 */
function chartsOf(choice) {
  const sum = (/** @type {(pool: PoolSample) => number} */ figure) => sumOf(choice, figure)
  const process = (/** @type {(sample: NonNullable<Sample['process']>) => number} */ figure) => (/** @type {Sample} */ sample) =>
    sample.process === undefined ? 0 : figure(sample.process)
  return [
    {
      title: 'Memory of the pools',
      format: ofBytes,
      steps: powersOfTwo,
      curves: [
        { label: 'in use', value: sum((pool) => pool.inUseBytes) },
        { label: 'idle', value: sum((pool) => pool.idleBytes) }
      ]
    },
    {
      title: 'Acquires a second',
      format: ofCount,
      steps: wholes,
      curves: [
        { label: 'served by the pool', value: rate(sum((pool) => pool.acquisitions - pool.misses)) },
        { label: 'allocated', value: rate(sum((pool) => pool.misses)) }
      ]
    },
    {
      title: 'At the bound',
      format: ofCount,
      steps: wholes,
      curves: [
        { label: 'waiting', value: sum((pool) => pool.waiting) },
        { label: 'refused or made to wait, a second', value: rate(sum((pool) => pool.exhaustions)) }
      ]
    },
    {
      title: 'Memory of the process',
      format: ofBytes,
      steps: powersOfTwo,
      needsProcess: true,
      curves: [
        { label: 'resident', value: process(({ rss }) => rss) },
        { label: 'buffers', value: process(({ arrayBuffers }) => arrayBuffers) }
      ]
    },
    {
      title: 'Time of the process',
      format: ofShare,
      needsProcess: true,
      curves: [
        { label: 'CPU', value: (now, before) => rate(process(({ cpuMs }) => cpuMs))(now, before) / 1000 },
        {
          label: 'collections',
          value: (now, before) => (now.at > before.at ? process(({ collectionMs }) => collectionMs)(now) / (now.at - before.at) : 0)
        }
      ]
    }
  ]
}

/** The curves of the page. */
export class Charts {
  #root
  #choice
  /** @type {{ chart: Chart, plot: Plot, figure: HTMLElement }[]} */
  #drawn = []

  /**
   * @param {HTMLElement} root - where the charts go
   * @param {() => string} choice - id of the one pool that is shown, or ''
   */
  constructor(root, choice) {
    this.#root = root
    this.#choice = choice
    new ResizeObserver(() => this.#fit()).observe(root)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw())
  }

  /**
   * Draws the samples.
   * @param {readonly Sample[]} samples
   */
  show(samples) {
    if (samples.length === 0) return
    if (this.#drawn.length === 0) this.#make(samples)
    for (const { chart, plot, figure } of this.#drawn) {
      const data = dataOf(chart, samples)
      plot.setData(data)
      // While no pointer is on the curves, the figures below them are the latest.
      if (typeof plot.cursor.idx !== 'number') plot.setLegend({ idx: samples.length - 1 }, false)
      const latest = chart.curves.map(({ label }, at) => `${label} ${chart.format(data[at + 1]?.at(-1) ?? 0)}`)
      figure.setAttribute('aria-label', `${chart.title}: ${latest.join(', ')}`)
    }
  }

  /** @param {readonly Sample[]} samples */
  #make(samples) {
    const hasProcess = samples[0]?.process !== undefined
    for (const chart of chartsOf(this.#choice)) {
      if (chart.needsProcess && !hasProcess) continue
      const figure = document.createElement('figure')
      const caption = document.createElement('figcaption')
      caption.textContent = chart.title
      figure.append(caption)
      this.#root.append(figure)
      this.#drawn.push({ chart, figure, plot: new uPlot(this.#optionsOf(chart, figure), dataOf(chart, samples), figure) })
    }
    this.#fit()
  }

  /**
   * @param {Chart} chart
   * @param {HTMLElement} figure
   * @returns {Plot.Options}
   */
  #optionsOf({ curves, format, steps }, figure) {
    const axis = {
      stroke: inkOf(figure, '--faint'),
      grid: { stroke: inkOf(figure, '--line'), width: 1 },
      ticks: { stroke: inkOf(figure, '--line'), width: 1 }
    }
    return {
      width: 340,
      height: 190,
      cursor: { y: false, sync: { key: 'pools' } },
      scales: { y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, 1e-9)] } },
      axes: [
        { ...axis, space: 80, values: (_plot, splits, _axis, _space, step) => splits.map((at) => clock(at).slice(0, step < 60 ? 8 : 5)) },
        { ...axis, size: 70, values: (_plot, splits) => splits.map(format), ...(steps === undefined ? {} : { incrs: steps }) }
      ],
      series: [
        { value: (_plot, at) => (at === null ? '–' : clock(at)) },
        ...curves.map(({ label }, at) => ({
          label,
          stroke: inkOf(figure, at === 0 ? '--first' : '--second'),
          width: 1.5,
          points: { show: false },
          value: (/** @type {Plot} */ _plot, /** @type {number | null} */ value) => (value === null ? '–' : format(value))
        }))
      ]
    }
  }

  #fit() {
    for (const { plot, figure } of this.#drawn) plot.setSize({ width: Math.max(200, figure.clientWidth - 16), height: 190 })
  }

  #redraw() {
    for (const { plot } of this.#drawn) plot.redraw()
  }
}

/**
 * A moment as a time of day.
 * @param {number} at - seconds since 1970
 */
const clock = (at) => ofTime(at * 1000)

/**
 * A colour of the style sheet, as it is when a chart is drawn: a canvas knows no variables.
 * @param {HTMLElement} figure
 * @param {string} name - of the variable
 * @returns {() => string}
 */
function inkOf(figure, name) {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  return () => {
    figure.append(probe)
    const { color } = getComputedStyle(probe)
    probe.remove()
    return color
  }
}

/**
 * @param {Chart} chart
 * @param {readonly Sample[]} samples
 * @returns {Plot.AlignedData}
 */
function dataOf({ curves }, samples) {
  const times = samples.map(({ at }) => at / 1000)
  return [times, ...curves.map(({ value }) => samples.map((now, at) => value(now, samples[Math.max(0, at - 1)] ?? now)))]
}
