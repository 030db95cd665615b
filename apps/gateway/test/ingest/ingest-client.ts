import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** A line of the answer. */
export interface Line {
  readonly index: number
  readonly offset?: number
  readonly bytes?: number
  readonly verdict?: string
  readonly findings?: readonly { readonly kind: string; readonly where: string; readonly offset: number }[]
  readonly error?: { readonly code: string; readonly message: string }
}

/** A stream of messages that a test sends as it likes. */
export class IngestClient {
  readonly outgoing: ClientRequest
  readonly answer: Promise<IncomingMessage>
  readonly closed: Promise<void>

  constructor(port: number, query = '', headers: Record<string, string> = {}) {
    this.outgoing = request({ port, host: '127.0.0.1', method: 'POST', path: `/ingest${query}`, headers, agent: false })
    this.answer = new Promise((resolve, reject) => this.outgoing.once('response', resolve).once('error', reject))
    this.answer.catch(() => {})
    this.closed = new Promise((resolve) => this.outgoing.once('close', resolve))
    // The gateway may end a connection on which a test still sends.
    this.outgoing.on('error', () => {})
  }

  /** All lines, until the gateway ends the answer. */
  async lines(): Promise<Line[]> {
    const lines = (await text(await this.answer)).split('\n')
    if (lines.pop() !== '') throw new Error('the last line has no end')
    return lines.map((line) => JSON.parse(line) as Line)
  }
}

/** Sends these chunks one after the other, ends, and returns the lines. */
export async function ingest(port: number, chunks: readonly Buffer[], query = '', headers: Record<string, string> = {}): Promise<Line[]> {
  const client = new IngestClient(port, query, headers)
  const lines = client.lines()
  for (const chunk of chunks) await new Promise((resolve) => client.outgoing.write(chunk, resolve))
  client.outgoing.end()
  return lines
}
