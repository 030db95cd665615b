import { ofBytes, ofCount, ofShare, ofTime } from './figures.js'

/**
 * @typedef {object} Occupancy
 * @property {number} cells
 * @property {number} cellBytes - that each cell stands for
 * @property {Uint8Array} bits - one for each cell, from the lowest of the first byte on: 1 where it is in use
 */

const headBytes = 16
const mostColumns = 1024

/** The map of one pool's slab: a point for each cell, in the order of addresses, from left to right and from top to bottom. */
export class SlabMap {
  /** A row of the table. */
  row = document.createElement('tr')
  #url
  #id
  #canvas = document.createElement('canvas')
  #legend = document.createElement('p')
  /** @type {Uint8Array} */
  #drawn = new Uint8Array()
  /** @type {ImageData | undefined} */
  #image
  #inks = { used: 0, free: 0 }
  #isAsking = false

  /**
   * @param {string} id - of the pool
   * @param {number} columns - of the table
   */
  constructor(id, columns) {
    this.#id = id
    this.#url = `live-map?pool=${encodeURIComponent(id)}`
    this.row.className = 'map'
    this.#canvas.setAttribute('role', 'img')
    this.#canvas.width = 0
    const cell = this.row.insertCell()
    cell.colSpan = columns
    cell.append(this.#legend, this.#canvas)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#image = undefined
    })
  }

  /** Asks the program for the map as it is now, and draws it. Does nothing while the last answer is under way. */
  async refresh() {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      const answer = await fetch(this.#url)
      if (!answer.ok) throw new Error(await answer.text())
      const bytes = await answer.arrayBuffer()
      const head = new DataView(bytes)
      const occupancy = { cells: head.getFloat64(0, true), cellBytes: head.getFloat64(8, true), bits: new Uint8Array(bytes, headBytes) }
      this.draw(occupancy)
      this.#describe(occupancy)
    } catch {
      // The stream of samples says that the connection is gone.
      this.#legend.textContent = 'The map of the slab is not to be had now.'
    } finally {
      this.#isAsking = false
    }
  }

  /**
   * Draws a map: of the one before, only what has changed.
   * @param {Occupancy} occupancy
   */
  draw({ cells, bits }) {
    const columns = Math.max(1, Math.min(mostColumns, cells, 8 * Math.ceil(Math.sqrt(cells * 4) / 8)))
    const rows = Math.max(1, Math.ceil(cells / columns))
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'))
    let image = this.#image
    const isNew = image === undefined || image.width !== columns || image.height !== rows || this.#drawn.length !== bits.length
    if (isNew || image === undefined) {
      this.#canvas.width = columns
      this.#canvas.height = rows
      image = context.createImageData(columns, rows)
      this.#image = image
      this.#inks = { used: inkOf(this.row, '--first'), free: inkOf(this.row, '--line') }
    }
    const { used, free } = this.#inks
    const pixels = new Uint32Array(image.data.buffer)
    const before = this.#drawn
    let [first, last] = [-1, -1]
    for (let at = 0; at < bits.length; at++) {
      const byte = bits[at] ?? 0
      if (!isNew && byte === before[at]) continue
      if (first < 0) first = at
      last = at
      const end = Math.min(cells, at * 8 + 8)
      for (let cell = at * 8, rest = byte; cell < end; cell++, rest >>= 1) pixels[cell] = (rest & 1) === 1 ? used : free
    }
    this.#drawn = bits
    if (first < 0) return
    const top = Math.floor((first * 8) / columns)
    context.putImageData(image, 0, 0, 0, top, columns, Math.floor((last * 8 + 7) / columns) - top + 1)
  }

  /** @param {Occupancy} occupancy */
  #describe({ cells, cellBytes, bits }) {
    const { used, longest } = measured(cells, bits)
    const share = cells === 0 ? 0 : used / cells
    const text = `${ofCount(cells)} cells of ${ofBytes(cellBytes)}, ${ofShare(share)} in use; the longest free run has ${ofBytes(longest * cellBytes)}`
    this.#legend.textContent = `${text}; at ${ofTime(Date.now())}`
    this.#canvas.setAttribute('aria-label', `the slab of ${this.#id}: ${text}`)
  }
}

/**
 * Cells in use, and the longest run of cells that are free.
 * @param {number} cells
 * @param {Uint8Array} bits
 */
function measured(cells, bits) {
  let [used, longest, run] = [0, 0, 0]
  for (let cell = 0; cell < cells; ) {
    const byte = bits[cell >>> 3] ?? 0
    if (byte === 0 && (cell & 7) === 0 && cell + 8 <= cells) {
      run += 8
      cell += 8
    } else {
      if (((byte >>> (cell & 7)) & 1) === 1) {
        used++
        run = 0
      } else run++
      cell++
    }
    if (run > longest) longest = run
  }
  return { used, longest }
}

/**
 * A colour of the style sheet, as a point of an image has it.
 * @param {HTMLElement} within
 * @param {string} name - of the variable
 */
function inkOf(within, name) {
  const probe = document.createElement('canvas')
  probe.style.color = `var(${name})`
  within.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  const context = /** @type {CanvasRenderingContext2D} */ (probe.getContext('2d'))
  context.fillStyle = color
  context.fillRect(0, 0, 1, 1)
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0
}
