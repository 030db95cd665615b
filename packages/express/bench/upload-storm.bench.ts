import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { form, formType } from '../test/support/multipart.js'
import type { Subject } from './body-server.js'
import { Served } from './served.js'

const MiB = 1024 * 1024
const poolMiB = 64
const slackMiB = 60
const pieceMs = 25

/** One subject, and how many clients upload at once. */
interface Storm {
  readonly subject: Subject
  readonly clients: number
  readonly isPooled: boolean
}

const storms: readonly Storm[] = [
  { subject: 'express.raw()', clients: 500, isPooled: false },
  { subject: 'pooledBody()', clients: 500, isPooled: true },
  { subject: 'memoryStorage()', clients: 200, isPooled: false },
  { subject: 'pooledStorage()', clients: 200, isPooled: true }
]

/** How much memory uploads of 1 MiB at once take, and whether each is answered: without a pool, and with one of 64 MiB. */
export async function uploadStorm(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const storm of storms) for (let round = 0; round < (short ? 1 : 3); round++) rows.push(await measure(storm, round))
  progress('')
  const head = ['1 MiB from each client at once', 'clients', 'idle MiB', 'peak MiB', 'above idle', 'bar', '200', '503', 'lost', 'bar']
  return table(head, rows)
}

async function measure({ subject, clients, isPooled }: Storm, round: number): Promise<string[]> {
  progress(`storm ${round + 1}, ${subject}`)
  const server = await Served.start(subject, MiB, poolMiB * MiB, true)
  // So that code is loaded and compiled before what is idle is measured.
  const isForm = subject.endsWith('Storage()')
  for (let turn = 0; turn < 300; turn++) await upload(server.port, requestOf(1000, isForm), 1)
  const idle = await server.figures(true)
  const request = requestOf(MiB, isForm)
  const statuses = await Promise.all(Array.from({ length: clients }, () => upload(server.port, request, 16)))
  const { peakRss, inUse } = await server.figures()
  server.stop()
  const count = (status: number) => statuses.filter((one) => one === status).length
  const above = (peakRss - idle.rss) / MiB
  const lost = clients - count(200) - count(503) + inUse
  return [
    `${subject}${isPooled ? `, pool of ${poolMiB} MiB` : ''}`,
    String(clients),
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

/** What is uploaded: a body, or a form with one file. */
interface Upload {
  readonly body: Buffer
  readonly type: string
}

function requestOf(bytes: number, isForm: boolean): Upload {
  const content = Buffer.alloc(bytes, 'x')
  if (!isForm) return { body: content, type: 'application/octet-stream' }
  return { body: form({ name: 'file', filename: 'file.bin', bytes: content }), type: formType }
}

/**
 * The status that one upload on a connection of its own was answered with; 0 when it was not. In pieces, as a network brings them:
 * one client after the other would never have them all under way at once.
 */
async function upload(port: number, { body, type }: Upload, pieces: number): Promise<number> {
  const headers = { 'content-type': type, 'content-length': body.length }
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
