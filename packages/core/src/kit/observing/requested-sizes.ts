import type { SizeHistogram, SizeHistogramSource } from '../../interfaces/size-histogram.js'
import { can } from '../checks.js'

/** Which sizes a pool was asked for, where it is one that knows; whatever its `requestedSizes()` throws. */
export function requestedSizesOf(source: object): SizeHistogram | undefined {
  return can(source, 'requestedSizes') ? (source as SizeHistogramSource).requestedSizes() : undefined
}
