import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Sample } from '../../src/sample.js'

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Runs `use` while `handle` serves a free port of loopback. */
export async function served(handle: RequestListener, use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
}

/** Asks with any headers, the Host among them. */
export async function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const asking = request({ port, host: '127.0.0.1', path, method, headers }).end()
  const [response] = await once(asking, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

/** The first samples of the stream. */
export async function samplesOf(port: number, count: number, path = '/live-samples'): Promise<Sample[]> {
  const asking = request({ port, host: '127.0.0.1', path }).end()
  const [response] = await once(asking, 'response')
  const samples: Sample[] = []
  let rest = ''
  for await (const chunk of response.setEncoding('utf8')) {
    const events = (rest + chunk).split('\n\n')
    rest = events.pop() as string
    for (const event of events) samples.push(JSON.parse(event.replace(/^data: /, '')))
    if (samples.length >= count) break
  }
  return samples
}
