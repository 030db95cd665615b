import { once } from 'node:events'
import type { Server } from 'node:http'
import type { InFlight } from './in-flight.js'

/** How a server ended: every request answered, or some cut off because they took too long. */
export interface DrainOutcome {
  readonly cutOff: number
}

/** Connections become idle without an event of their own. */
const IDLE_CHECK_MS = 20

/**
 * Ends a server: refuses new connections at once, lets requests in flight finish, and closes each connection after them.
 * @param timeoutMs - after which whatever is left is cut off
 */
export async function drainServer(server: Server, inFlight: InFlight, timeoutMs: number): Promise<DrainOutcome> {
  let cutOff = 0
  const closed = once(server, 'close')
  inFlight.drain()
  server.close()
  inFlight.closeSilentConnections()
  const idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  const deadline = setTimeout(() => {
    cutOff = inFlight.count
    server.closeAllConnections()
  }, timeoutMs)
  try {
    await closed
  } finally {
    clearInterval(idleCheck)
    clearTimeout(deadline)
  }
  return { cutOff }
}
