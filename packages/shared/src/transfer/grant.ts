import { invalid } from '@pool/core/kit/universal'
import type { Sizes } from '../layout.js'

/** A thread's part of a token: its end of a channel of messages, and the blocks that it lends. */
export interface Grant {
  readonly sizes: Sizes
  readonly tag: number
  readonly seat: number
  readonly port: MessagePort
  /** The most messages that are gathered before they are posted. */
  readonly batch: number
  /** Indices of the blocks whose home it is. */
  readonly blocks: readonly number[]
}

/** Ends of messages that a thread has attached with. */
const taken = new WeakSet<MessagePort>()

/** Whether it has the parts of a grant: not so once its message forgot to transfer the port. */
export function isGrant(value: unknown): value is Grant {
  if (typeof value !== 'object' || value === null) return false
  const { sizes, seat, port, batch, blocks } = value as Partial<Record<keyof Grant, unknown>>
  const isPort = typeof port === 'object' && port !== null && 'postMessage' in port
  return typeof sizes === 'object' && sizes !== null && isPort && Array.isArray(blocks) && Number.isInteger(batch) && Number.isInteger(seat)
}

/** Takes a grant; each is for one thread, whose blocks a second one would lend as well. */
export function takeGrant(grant: Grant): void {
  if (taken.has(grant.port)) throw invalid('token', 'one that no thread has attached with: make one for each thread', grant)
  taken.add(grant.port)
}
