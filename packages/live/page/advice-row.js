/** @import { PoolAdvice, PoolSample } from '../src/sample.js' */
import { ofBytes, ofCount } from './figures.js'

const namespace = 'http://www.w3.org/2000/svg'
const [width, height] = [320, 60]

/**
 * A row with the advice on a pool, and the sizes that it is asked for against its size classes.
 * @param {PoolAdvice} advice
 * @param {PoolSample} pool
 * @param {number} columns
 */
export function adviceRow({ recommendations, sizes }, pool, columns) {
  const row = document.createElement('tr')
  row.className = 'advice'
  const cell = document.createElement('td')
  cell.colSpan = columns
  const list = document.createElement('ul')
  for (const { kind, finding, remedy } of recommendations) {
    const item = document.createElement('li')
    item.className = kind
    const what = document.createElement('strong')
    what.textContent = finding
    item.append(what, ` ${remedy}`)
    list.append(item)
  }
  cell.append(list)
  if (sizes.length > 0) {
    const caption = document.createElement('p')
    caption.textContent = `Bars: the sizes asked for, up to ${ofBytes(sizes.at(-1)?.bytes ?? 0)}. Lines: the size classes.`
    cell.append(chartOf(sizes, pool), caption)
  }
  row.append(cell)
  return row
}

/**
 * Bars for the sizes asked for, on a logarithmic scale, and a line at each size class.
 * @param {PoolAdvice['sizes']} sizes
 * @param {PoolSample} pool
 */
function chartOf(sizes, { id, sizeClasses }) {
  const classes = sizeClasses.map(({ bufferSize }) => bufferSize)
  const least = Math.log2(Math.max(1, sizes[0]?.bytes ?? 1)) - 0.5
  const most = Math.log2(Math.max(sizes.at(-1)?.bytes ?? 1, classes.at(-1) ?? 1)) + 0.5
  const at = (/** @type {number} */ bytes) => ((Math.log2(Math.max(1, bytes)) - least) / (most - least)) * width
  const highest = Math.max(...sizes.map(({ requests }) => requests))
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  svg.setAttribute('class', 'sizes')
  svg.setAttribute('role', 'img')
  const largest = sizes.reduce((best, one) => (one.requests > best.requests ? one : best))
  svg.setAttribute('aria-label', `sizes that ${id} is asked for: most often ${ofBytes(largest.bytes)}`)
  for (const bytes of classes) {
    if (bytes < 2 ** least) continue
    svg.append(lineAt(at(bytes), 'bound', `size class of ${ofBytes(bytes)}`, 0))
  }
  for (const { bytes, requests } of sizes) {
    svg.append(
      lineAt(
        at(bytes),
        'asked',
        `${ofCount(requests)} requests of up to ${ofBytes(bytes)}`,
        height - Math.max(2, (requests / highest) * (height - 6))
      )
    )
  }
  return svg
}

/**
 * @param {number} x
 * @param {string} kind
 * @param {string} text
 * @param {number} top
 */
function lineAt(x, kind, text, top) {
  const line = document.createElementNS(namespace, 'line')
  line.setAttribute('class', kind)
  line.setAttribute('x1', x.toFixed(1))
  line.setAttribute('x2', x.toFixed(1))
  line.setAttribute('y1', top.toFixed(1))
  line.setAttribute('y2', String(height))
  const title = document.createElementNS(namespace, 'title')
  title.textContent = text
  line.append(title)
  return line
}
