import type { Lease } from '@pool/core'
import { can, invalid, takeOverAll } from '@pool/core/kit'

/** The part of a client that {@link sendPooled} needs, as node-redis has it. Its `sendCommand` has to write Buffers from where they lie. */
export interface CommandSender {
  /** Sends a command, and resolves with the reply of Redis. */
  sendCommand(args: readonly (string | Buffer)[], options?: never): Promise<unknown>
}

/** A part of a command. */
export type SentPart = string | number | Buffer | Lease<Buffer>

/**
 * Sends a command with pooled payloads through a client of node-redis that is there already, such as `['XADD', 'pool:{scans}', '*', 'd', lease]`,
 * which a `PooledQueue` consumes. The client writes the memory itself, uncopied, so the memory is given back when the client can't send it any more:
 *
 * | outcome | why | the memory |
 * |---|---|---|
 * | the reply, or an error that Redis answered | Redis has read all of the command | goes back to its pool |
 * | any other error: a timeout, an abort, a lost connection | the client may have it queued, or half written | is withdrawn, and no later acquire gets it |
 *
 * Not for ioredis: it copies each command into fresh memory, so that a pool saves nothing there.
 * @param client - node-redis 5 or 6: a client, not a cluster
 * @param parts - leases are taken over, also when the call fails: they count as released at once, and a second release is refused. Buffers are the
 * caller's, and must not change until the reply
 * @param options - as the client's `sendCommand` takes them
 * @returns the client's reply
 * @throws (rejects) as the client; `ERR_POOL_INVALID_OPTION`; `ERR_POOL_LEASE_RELEASED`
 */
export async function sendPooled<C extends CommandSender>(
  client: C,
  parts: readonly SentPart[],
  options?: Parameters<C['sendCommand']>[1]
): Promise<unknown> {
  if (!Array.isArray(parts)) throw invalid('parts', 'an array of the words of a command', parts)
  let leases = parts.filter(isLease)
  let isFree = true
  try {
    if (!can(client, 'sendCommand')) throw invalid('client', 'a client of node-redis', client)
    const words = (parts as readonly SentPart[]).map(wordOf)
    leases = takeOverAll(leases, isLease)
    isFree = false
    const reply = await client.sendCommand(words, options as never)
    isFree = true
    return reply
  } catch (error) {
    isFree ||= isAnswer(error)
    throw error
  } finally {
    for (const lease of leases) {
      if (isFree) lease[Symbol.dispose]()
      else if (!lease.released) lease.discard()
    }
  }
}

function isLease(part: SentPart): part is Lease<Buffer> {
  return can(part, 'retain') && can(part, 'discard')
}

function wordOf(part: SentPart): string | Buffer {
  if (typeof part === 'string' || Buffer.isBuffer(part)) return part
  if (typeof part === 'number') return String(part)
  if (!isLease(part)) throw invalid('a part of the command', 'a string, a number, a Buffer or a lease', part)
  return part.buffer
}

/** Whether Redis itself refused the command, by the name of the client's class: an application may hold several copies of it. */
function isAnswer(error: unknown): boolean {
  for (let one: object | null = Object(error); one !== null; one = Object.getPrototypeOf(one)) {
    if (one.constructor?.name === 'ErrorReply') return true
  }
  return false
}
