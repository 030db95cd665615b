/** @import { Sample } from '../src/sample.js' */

/** Samples that are kept: ten minutes of one a second. */
const kept = 600

/** The samples of the last ten minutes, oldest first. */
export class History {
  /** @type {Sample[]} */
  samples = []

  /** @param {Sample} sample */
  add(sample) {
    this.samples.push(sample)
    if (this.samples.length > kept) this.samples.shift()
  }
}

/**
 * How much a count rose each second between two samples; 0 where a pool was made anew, and its counts began again.
 * @param {number} before
 * @param {number} now
 * @param {number} ms - between both
 */
export function perSecond(before, now, ms) {
  return ms > 0 ? Math.max(0, ((now - before) * 1000) / ms) : 0
}
