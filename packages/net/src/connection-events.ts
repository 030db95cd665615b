import { channel } from 'node:diagnostics_channel'
import { EventLine, nodeEvents, PoolError } from '@pool/core/kit'
import type { ReadPath } from './connection-stats.js'

/** What a group of connections emits, by event. Nothing is made or called while nothing listens. */
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

const platform = { ...nodeEvents, channel: (event: string) => channel(`@pool/net:${event}`) }

function line<E extends keyof ConnectionEvents>(event: E): EventLine<E, ConnectionEvents> {
  return new EventLine<E, ConnectionEvents>(platform.channel(event), platform)
}

/** Every event of one group, on the group and on the diagnostics channels `@pool/net:<event>`. */
export class ConnectionEventHub {
  readonly open = line('open')
  readonly close = line('close')
  readonly refuse = line('refuse')
  readonly stall = line('stall')
  readonly resume = line('resume')

  /** The line of an event by its name. */
  line<E extends keyof ConnectionEvents>(event: E): EventLine<E, ConnectionEvents> {
    const found = Object.hasOwn(this, event) ? (this[event] as unknown) : undefined
    if (found instanceof EventLine) return found
    throw new PoolError('ERR_POOL_INVALID_OPTION', `event must be one of ${Object.keys(this).join(', ')}.`)
  }
}
