import { AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import type { EventChannel, EventPlatform } from './event-hub.js'

// Looked up once for the process: each look-up costs as much as the rest of a pool's events together.
const channels = new Map<string, EventChannel>()

/** Node's diagnostics channels, `@pool/core:<event>`, and its async contexts. */
export const nodeEvents: EventPlatform = {
  channel(event) {
    let found = channels.get(event)
    if (found === undefined) {
      found = channel(`@pool/core:${event}`)
      channels.set(event, found)
    }
    return found
  },
  contextOfNow() {
    const now = new AsyncResource('PoolEvent', { requireManualDestroy: true })
    return (fn) => now.runInAsyncScope(fn)
  }
}
