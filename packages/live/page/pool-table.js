/** @import { PoolAdvice, PoolSample, Sample } from '../src/sample.js' */
import { adviceRow } from './advice-row.js'
import { ofBytes, ofCount, ofShare } from './figures.js'
import { perSecond } from './history.js'
import { SlabMap } from './slab-map.js'

const sparkSamples = 60

/** The table of the pools: a row for each, and one for each of its size classes where they are shown. */
export class PoolTable {
  #table
  /** @type {Map<string, HTMLTableSectionElement>} */
  #bodies = new Map()
  /** @type {Set<string>} */
  #open = new Set()
  /** @type {Map<string, SlabMap>} */
  #maps = new Map()
  /** @type {Map<string, PoolAdvice>} */
  #advice = new Map()
  #changed

  /**
   * @param {HTMLTableElement} table
   * @param {() => void} changed - called when a row was opened or shut
   */
  constructor(table, changed) {
    this.#table = table
    this.#changed = changed
  }

  /**
   * Takes the advice that is shown from now on.
   * @param {readonly PoolAdvice[]} advice
   */
  advise(advice) {
    this.#advice = new Map(advice.map((one) => [one.id, one]))
  }

  /**
   * Shows the last of these samples.
   * @param {readonly Sample[]} samples
   * @param {boolean} runs - whether time runs; maps of slabs stay as they are where it does not
   */
  show(samples, runs) {
    const now = samples.at(-1)
    if (now === undefined) return
    const before = samples.at(-2) ?? now
    const ids = new Set(now.pools.map(({ id }) => id))
    for (const [id, body] of this.#bodies) {
      if (ids.has(id)) continue
      body.remove()
      this.#bodies.delete(id)
    }
    for (const pool of now.pools) {
      const last = before.pools.find(({ id }) => id === pool.id) ?? pool
      const curve = samples.slice(-sparkSamples).map(({ pools }) => pools.find(({ id }) => id === pool.id)?.inUse ?? 0)
      const body = this.#bodyOf(pool)
      const advice = this.#advice.get(pool.id)
      const rows = [poolRow(pool, last, now.at - before.at, curve, this.#open.has(pool.id))]
      if (this.#open.has(pool.id)) {
        if (pool.hasMap) rows.push(this.#mapOf(pool, rows[0]?.cells.length ?? 1, runs))
        if (advice !== undefined) rows.push(adviceRow(advice, pool, rows[0]?.cells.length ?? 1))
        for (const [at, one] of pool.sizeClasses.entries()) rows.push(classRow(one, last.sizeClasses[at] ?? one, now.at - before.at))
      }
      // The button keeps the focus of a keyboard when its row is written anew.
      const hadFocus = body.contains(document.activeElement)
      body.replaceChildren(...rows)
      if (hadFocus) body.querySelector('button')?.focus()
    }
  }

  /**
   * @param {PoolSample} pool
   * @param {number} columns
   * @param {boolean} runs
   */
  #mapOf({ id }, columns, runs) {
    const map = this.#maps.get(id) ?? new SlabMap(id, columns)
    if (runs || !this.#maps.has(id)) void map.refresh()
    this.#maps.set(id, map)
    return map.row
  }

  /** @param {PoolSample} pool */
  #bodyOf({ id }) {
    const known = this.#bodies.get(id)
    if (known !== undefined) return known
    const body = this.#table.createTBody()
    body.addEventListener('click', ({ target }) => {
      if (!(target instanceof HTMLButtonElement)) return
      if (!this.#open.delete(id)) this.#open.add(id)
      this.#maps.delete(id)
      this.#changed()
    })
    this.#bodies.set(id, body)
    return body
  }
}

/**
 * @param {PoolSample} pool
 * @param {PoolSample} last
 * @param {number} ms
 * @param {readonly number[]} curve
 * @param {boolean} isOpen
 */
function poolRow(pool, last, ms, curve, isOpen) {
  const row = document.createElement('tr')
  const head = cell(row, '', 'th')
  head.setAttribute('scope', 'row')
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = isOpen ? '−' : '+'
  button.setAttribute('aria-expanded', String(isOpen))
  button.setAttribute('aria-label', `details of ${pool.id}`)
  head.append(button)
  head.append(pool.id)
  cell(row, pool.kind)
  number(row, `${ofCount(pool.inUse)} of ${ofCount(pool.total)}`)
  const bound = cell(row, '')
  const meter = document.createElement('meter')
  meter.value = pool.utilization
  meter.high = 0.9
  meter.title = `${ofShare(pool.utilization)} of its bound, ${ofBytes(pool.maxLiveBytes)}`
  meter.setAttribute('aria-label', meter.title)
  bound.append(meter, ` ${ofShare(pool.utilization)}`)
  number(row, ofBytes(pool.liveBytes))
  number(row, ofCount(perSecond(last.acquisitions, pool.acquisitions, ms)))
  number(row, ofShare(1 - pool.hitRatio))
  number(row, ofCount(pool.waiting), pool.waiting > 0)
  number(row, ofCount(pool.heldTooLong), pool.heldTooLong > 0)
  number(row, ofCount(pool.leaked), pool.leaked > 0)
  cell(row, '').append(spark(curve))
  return row
}

/**
 * @param {PoolSample['sizeClasses'][number]} one
 * @param {PoolSample['sizeClasses'][number]} last
 * @param {number} ms
 */
function classRow(one, last, ms) {
  const row = document.createElement('tr')
  row.className = 'class'
  const head = cell(row, ofBytes(one.bufferSize), 'th')
  head.setAttribute('scope', 'row')
  cell(row, 'size class')
  number(row, `${ofCount(one.inUse)} of ${ofCount(one.total)}`)
  cell(row, `peak ${ofCount(one.peakInUse)}`)
  number(row, ofBytes(one.total * one.bufferSize))
  number(row, ofCount(perSecond(last.acquisitions, one.acquisitions, ms)))
  number(row, ofShare(one.acquisitions > 0 ? one.misses / one.acquisitions : 0))
  number(row, '')
  number(row, '')
  number(row, ofCount(one.leaked), one.leaked > 0)
  cell(row, '')
  return row
}

/** @param {readonly number[]} curve */
function spark(curve) {
  const namespace = 'http://www.w3.org/2000/svg'
  const most = Math.max(1, ...curve)
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('class', 'spark')
  svg.setAttribute('viewBox', `0 0 ${sparkSamples} 20`)
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', `at most ${ofCount(Math.max(0, ...curve))} in use in the last minute`)
  const line = document.createElementNS(namespace, 'polyline')
  const start = sparkSamples - curve.length
  line.setAttribute('points', curve.map((value, at) => `${start + at},${(19 - (18 * value) / most).toFixed(1)}`).join(' '))
  svg.append(line)
  return svg
}

/**
 * @param {HTMLTableRowElement} row
 * @param {string} text
 * @param {'td' | 'th'} [kind]
 */
function cell(row, text, kind = 'td') {
  const made = document.createElement(kind)
  made.textContent = text
  row.append(made)
  return made
}

/**
 * @param {HTMLTableRowElement} row
 * @param {string} text
 * @param {boolean} [isBad]
 */
function number(row, text, isBad = false) {
  cell(row, text).className = isBad ? 'number bad' : 'number'
}
