import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { GatewayProcess } from './gateway-process.js'
import type { Part } from './http-load.js'

const CONNECTIONS = 4
const STREAM_TIMEOUT_MS = 60_000

/** A message as it goes over the wire: its length, then its bytes. */
export function frameOf(body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/**
 * Sends the messages from `first` up to `end` over some connections, going round `frames`.
 * @returns how many lines came back
 */
export async function sendMessages(gateway: GatewayProcess, frames: readonly Buffer[], { first, end }: Part): Promise<number> {
  const connections = Array.from({ length: CONNECTIONS }, async (_, connection) => {
    const signal = AbortSignal.timeout(STREAM_TIMEOUT_MS)
    const socket = connect({ port: gateway.ingestPort, host: gateway.url.hostname, allowHalfOpen: true, signal })
    Readable.from(takeEach(frames, first + connection, end)).pipe(socket)
    const lines = await text(socket)
    return lines.split('\n').length - 1
  })
  return (await Promise.all(connections)).reduce((sum, lines) => sum + lines, 0)
}

function* takeEach(frames: readonly Buffer[], first: number, end: number): Iterable<Buffer> {
  for (let index = first; index < end; index += CONNECTIONS) yield frames[index % frames.length] as Buffer
}
