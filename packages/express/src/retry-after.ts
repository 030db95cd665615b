import { validInteger } from '@pool/core/kit/universal'

/** Seconds, as the header `retry-after` has them: up to a year. */
export function validRetryAfter(name: string, value: unknown): number {
  return validInteger(name, value, 0, 86_400 * 365)
}
