import { EventSet } from '@pool/core/kit'
import type { ReadPath } from './connection-stats.js'

/** The events of a group of connections, and their payloads. Nothing is made or called for an event without listeners. */
export interface ConnectionEvents {
  /** A connection was opened. */
  open: { readonly group: string; readonly path: ReadPath }
  /** A connection has closed; `error` is why, `undefined` where it closed in order. */
  close: { readonly group: string; readonly error: unknown }
  /** A connection was refused at `maxConnections`. */
  refuse: { readonly group: string; readonly connections: number }
  /** A connection stopped reading because its pool is exhausted; it waits for `bytes`. */
  stall: { readonly group: string; readonly bytes: number; readonly starving: number }
  /** A connection that had stopped so goes on, or has closed. */
  resume: { readonly group: string; readonly starving: number }
}

/** The events of one group, on the group and on the diagnostics channels `@pool/net:<event>`. */
export function connectionEvents(): EventSet<ConnectionEvents> {
  return new EventSet('@pool/net', ['open', 'close', 'refuse', 'stall', 'resume'])
}
