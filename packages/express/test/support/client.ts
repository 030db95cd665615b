import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'

/** What a test sends: a body in chunks; `chunked` says that its length is not told. */
export interface Upload {
  readonly headers?: Record<string, string>
  readonly chunks?: readonly Uint8Array[]
  readonly chunked?: boolean
  readonly method?: string
  readonly path?: string
}

/** What came back. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Sends one request on a connection of its own. */
export async function send(port: number, upload: Upload = {}): Promise<Answer> {
  const { headers = {}, chunks = [], chunked = false, method = 'POST', path = '/' } = upload
  const agent = new Agent({ keepAlive: false })
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const framing: Record<string, string> = chunked
    ? { 'transfer-encoding': 'chunked' }
    : upload.chunks
      ? { 'content-length': String(length) }
      : {}
  const request = httpRequest({ port, host: '127.0.0.1', method, path, agent, headers: { ...framing, ...headers } })
  for (const chunk of chunks) if (!request.write(chunk)) await once(request, 'drain')
  request.end()
  const [response] = await once(request, 'response')
  response.setEncoding('utf8')
  let text = ''
  for await (const part of response) text += part
  return { status: response.statusCode, headers: response.headers, text }
}

/** A connection that a test writes bytes to itself. */
export async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends these bytes as they are, and gives all that came back until the server closes, or `enough` is in it. */
export async function sendRaw(port: number, bytes: string | Uint8Array, enough?: RegExp): Promise<string> {
  const socket = await open(port)
  let text = ''
  socket.setEncoding('latin1')
  socket.write(bytes)
  const done = new Promise<void>((resolve) => {
    socket.on('data', (part) => {
      text += part
      if (enough?.test(text)) resolve()
    })
    socket.on('close', () => resolve())
  })
  await done
  socket.destroy()
  return text
}

/** Waits until `holds`, looking every few milliseconds; gives up, and so fails the test, after ten seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 2000) throw new Error(`never came true: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
