import { once } from 'node:events'
import { Agent, createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { readConfig } from '../src/config.js'
import { createLogger } from '../src/logger.js'
import { startGateway } from '../src/server.js'
import { BODIES } from './bodies.js'

const SMALL = Buffer.from(JSON.stringify({ id: 4000, name: 'Alice Johnson', city: 'Springfield', note: 'Blue, size M, cotton.', ok: true }))
const LARGE = BODIES.find(({ name }) => name === 'JSON, 64 KiB')?.body as Buffer

/**
 * CPU of `POST /analyze` above an Express application that reads bodies and throws them away. Both are served, and asked, by this process, in turns: the
 * client costs the same of either, and drops out of the difference.
 */
export async function analyzeCost(short: boolean): Promise<string> {
  const config = readConfig({ HOST: '127.0.0.1', PORT: '0', SHUTDOWN_IDLE_MS: '50' })
  const gateway = await startGateway(config, createLogger(config.logLevel, { write: () => {} }), () => 0)
  const plain = await startPlain()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports = [(plain.address() as AddressInfo).port, Number(new URL(gateway.url).port)] as const
  try {
    const rows: string[][] = []
    for (const [name, body, most] of [
      ['100 B of JSON', SMALL, 60],
      ['64 KiB of JSON', LARGE, 300]
    ] as const) {
      const rounds: (readonly [number, number])[] = []
      for (let round = 0; round < (short ? 12 : 60); round += 1) {
        // Each is first in every second round: the one behind finds the processor warm, and the garbage of the other.
        const first = round % 2
        const one = await costOf(agent, ports[first] as number, body)
        const other = await costOf(agent, ports[1 - first] as number, body)
        rounds.push(first === 0 ? [one, other] : [other, one])
      }
      // The first rounds meet the compiler.
      const warm = rounds.slice(rounds.length >> 2)
      // Two rounds together have both orders.
      const pairs = warm
        .filter((_, index) => index % 2 === 1)
        .map((later, pair) => [warm[2 * pair] as readonly [number, number], later] as const)
      const above = median(pairs.map((two) => two.reduce((sum, [bare, full]) => sum + (full - bare) / 2, 0)))
      rows.push([name, figure(median(warm.map(([bare]) => bare))), figure(above), verdict(above, { most })])
    }
    return `POST /analyze, µs of CPU for a request, client included\n${table(['body', 'Express alone', 'the gateway above it', 'bar'], rows)}`
  } finally {
    agent.destroy()
    plain.close()
    await gateway.close()
  }
}

async function startPlain(): Promise<Server> {
  const app = express()
  app.post('/analyze', (incoming, response) => {
    incoming.resume().on('end', () => response.json({ verdict: 'clean', findings: [], complete: true }))
  })
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Microseconds of CPU for one request of a hundred. */
async function costOf(agent: Agent, port: number, body: Buffer): Promise<number> {
  const times = 100
  const before = process.cpuUsage()
  for (let time = 0; time < times; time += 1) await post(agent, port, body)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

async function post(agent: Agent, port: number, body: Buffer): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-length': body.length }
  const outgoing = request({ agent, port, host: '127.0.0.1', path: '/analyze', method: 'POST', headers })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response')
  if (response.statusCode !== 200) throw new Error(`POST /analyze answered ${response.statusCode}`)
  response.resume()
  await once(response, 'end')
}
