import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import type { Subject } from './body-server.js'
import { Served } from './served.js'

const MiB = 1024 * 1024
const clients = 500
const poolMiB = 64
const slackMiB = 60
const pieceMs = 25

/** How much memory 500 uploads of 1 MiB at once take, and whether each is answered: `express.raw()`, and `pooledBody()` with 64 MiB. */
export async function uploadStorm(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const subject of ['express.raw()', 'pooledBody()'] as const) {
    for (let storm = 0; storm < (short ? 1 : 3); storm++) rows.push(await measure(subject, storm))
  }
  progress('')
  const head = ['500 clients upload 1 MiB each at once', 'idle MiB', 'peak MiB', 'above idle', 'bar', '200', '503', 'lost', 'bar']
  return table(head, rows)
}

async function measure(subject: Subject, storm: number): Promise<string[]> {
  progress(`storm ${storm + 1}, ${subject}`)
  const server = await Served.start(subject, MiB, poolMiB * MiB, true)
  // So that code is loaded and compiled before what is idle is measured.
  for (let turn = 0; turn < 300; turn++) await upload(server.port, Buffer.alloc(1000), 1)
  const idle = await server.figures(true)
  const body = Buffer.alloc(MiB, 'x')
  const statuses = await Promise.all(Array.from({ length: clients }, () => upload(server.port, body, 16)))
  const { peakRss, inUse } = await server.figures()
  server.stop()
  const count = (status: number) => statuses.filter((one) => one === status).length
  const above = (peakRss - idle.rss) / MiB
  const lost = clients - count(200) - count(503) + inUse
  const isPooled = subject === 'pooledBody()'
  return [
    `${subject}${isPooled ? `, pool of ${poolMiB} MiB` : ''}`,
    figure(idle.rss / MiB),
    figure(peakRss / MiB),
    figure(above),
    isPooled ? verdict(above, { most: poolMiB + slackMiB }) : '',
    String(count(200)),
    String(count(503)),
    String(lost),
    isPooled ? verdict(lost, { most: 0 }) : ''
  ]
}

/**
 * The status that one upload on a connection of its own was answered with; 0 when it was not. In pieces, as a network brings them:
 * one client after the other would never have them all under way at once.
 */
async function upload(port: number, body: Buffer, pieces: number): Promise<number> {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': body.length }
  const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers, agent: new Agent({ keepAlive: false }) })
  const answered = once(request, 'response')
  answered.catch(() => {})
  const size = Math.ceil(body.length / pieces)
  for (let start = 0; start < body.length; start += size) {
    if (start > 0) await sleep(pieceMs)
    request.write(body.subarray(start, start + size))
  }
  request.end()
  try {
    const [response] = await answered
    response.resume()
    await once(response, 'end')
    return response.statusCode as number
  } catch {
    return 0
  }
}
