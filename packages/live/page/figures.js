/** How figures are written. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/**
 * Bytes in the largest unit that leaves a figure of at least 1.
 * @param {number} bytes
 */
export function ofBytes(bytes) {
  let unit = 0
  let value = bytes
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${value.toFixed(value >= 100 || unit === 0 ? 0 : 1)} ${units[unit]}`
}

/**
 * A count, with separators.
 * @param {number} count
 */
export function ofCount(count) {
  return Math.round(count).toLocaleString('en').replaceAll(',', '\u202f')
}

/**
 * A share of 0..1 in percent.
 * @param {number} share
 */
export function ofShare(share) {
  return `${(100 * share).toFixed(share >= 0.1 || share === 0 ? 0 : 1)} %`
}

/**
 * A moment as a time of day.
 * @param {number} at - ms since 1970
 */
export function ofTime(at) {
  return new Date(at).toLocaleTimeString('en-GB')
}
