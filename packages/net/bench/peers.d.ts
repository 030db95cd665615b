/** The peers ship no types that fit. */
declare module 'length-prefixed-stream' {
  import type { Duplex } from 'node:stream'
  export function decode(options?: { readonly limit?: number; readonly allowEmpty?: boolean }): Duplex
}
