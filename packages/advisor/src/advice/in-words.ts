import type { Estimate } from './advice.js'

const mib = 2 ** 20

/** `43 %`, `4.3 %`. */
export function percent(ratio: number): string {
  const value = ratio * 100
  return `${value.toFixed(Math.abs(value) < 9.95 ? 1 : 0)} %`
}

/** `43 % (26–60)`. */
export function percentRange({ low, expected, high }: Estimate): string {
  const bound = (ratio: number) => percent(ratio).replace(' %', '')
  return `${percent(expected)} (${bound(low)}–${bound(high)})`
}

/** `1 043`. */
export function whole(count: number): string {
  return Math.round(count).toLocaleString('en').replaceAll(',', ' ')
}

/** `12 KiB`, `4.0 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} bytes`
  const [value, unit] = bytes < mib ? [bytes / 1024, 'KiB'] : bytes < 1024 * mib ? [bytes / mib, 'MiB'] : [bytes / mib / 1024, 'GiB']
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${unit}`
}

/** `4.0 MiB/s`. */
export function rate(bytes: number, durationMs: number): string {
  return `${size(bytes / Math.max(durationMs / 1000, 0.001))}/s`
}
