import type { SizeHistogram, SizeHistogramSource } from '../../interfaces/size-histogram.js'
import { can } from '../checks.js'

/** The sizes that a pool was asked for; undefined for a pool that does not sample them. Throws any error of its `requestedSizes()`. */
export function requestedSizesOf(source: object): SizeHistogram | undefined {
  return can(source, 'requestedSizes') ? (source as SizeHistogramSource).requestedSizes() : undefined
}
