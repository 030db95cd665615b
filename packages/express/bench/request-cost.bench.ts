import autocannon from 'autocannon'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import type { Subject } from './body-server.js'
import { Served } from './served.js'

const KiB = 1024
const subjects: readonly Subject[] = ['discard', 'express.raw()', 'pooledBody()']

interface Cost {
  readonly client: number
  readonly user: number
  readonly cpuMicros: number
  readonly perSecond: number
}

/** CPU of the server per request, and requests per second, over real sockets: bodies thrown away, `express.raw()`, `pooledBody()`. */
export async function requestCost(short: boolean): Promise<string> {
  const sizes = short ? [KiB, 64 * KiB] : [KiB, 16 * KiB, 64 * KiB, 256 * KiB, 1024 * KiB]
  const servers = await Promise.all(subjects.map((subject) => Served.start(subject, 1024 * KiB, 512 * 1024 * KiB)))
  const rows: string[][] = []
  for (const connections of short ? [16] : [16, 256]) {
    for (const size of sizes) rows.push(await compare(servers, size, connections, short))
  }
  for (const server of servers) server.stop()
  progress('')
  const cpu = ['discard', 'raw()', 'pooled', 'pooled/raw', 'bar', 'saved', 'bar']
  return table(['Express 5, CPU µs per request', ...cpu, 'raw() req/s', 'pooled req/s'], rows)
}

async function compare(servers: readonly Served[], size: number, connections: number, short: boolean, rounds = 12): Promise<string[]> {
  const body = Buffer.alloc(size, 'x')
  const amount = Math.round(Math.min(8000, Math.max(connections * 4, (160 * 1024 * KiB) / size)) / (short ? 4 : 1))
  const costs: Cost[][] = []
  for (let round = short ? 1 : 0; round < (short ? 4 : rounds); round++) {
    const costsOfRound: Cost[] = []
    for (const [index] of servers.entries()) {
      const at = (index + round) % servers.length
      progress(`${connections} connections, ${size} bytes, round ${round}, ${servers[at]?.subject}`)
      costsOfRound[at] = await load(servers[at]!, body, connections, amount)
    }
    // The first round warms everything up.
    if (round > 0) costs.push(costsOfRound)
  }
  const cpuOf = (subject: number) => median(costs.map((round) => round[subject]!.cpuMicros))
  const rateOf = (subject: number) => median(costs.map((round) => round[subject]!.perSecond))
  const ratio = median(costs.map(([, raw, pooled]) => pooled!.cpuMicros / raw!.cpuMicros))
  // Of medians, not the median of rounds: single differences of two close figures waver without bound.
  const saved = (cpuOf(1) - cpuOf(2)) / (cpuOf(1) - cpuOf(0))
  return [
    `${size / KiB} KiB, ${connections} connections`,
    ...[0, 1, 2].map((subject) => figure(cpuOf(subject))),
    figure(ratio),
    verdict(ratio, { most: 1.03 }),
    `${Math.round(saved * 100)} %`,
    size < 64 * KiB ? '' : verdict(saved, { least: 0.6 }),
    figure(rateOf(1)),
    figure(rateOf(2))
  ]
}

export async function load(server: Served, body: Buffer, connections: number, amount: number): Promise<Cost> {
  const before = await server.figures()
  const mine = process.cpuUsage()
  const began = performance.now()
  const result = await autocannon({
    url: server.url,
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body,
    connections,
    amount,
    timeout: 60,
    sampleInt: 20
  })
  const elapsedMs = performance.now() - began
  const after = await server.figures()
  if (result['2xx'] !== amount) throw new Error(`${server.subject}: ${result['2xx']} of ${amount} requests answered 200`)
  const { user, system } = process.cpuUsage(mine)
  return { client: (user + system) / amount, user: (after.user - before.user) / amount, cpuMicros: (after.cpuMicros - before.cpuMicros) / amount, perSecond: (amount * 1000) / elapsedMs }
}

export async function compareFor(sizes: number[], connections: number, rounds: number) {
  const servers = await Promise.all(subjects.map((subject) => Served.start(subject, 1024 * KiB, 512 * 1024 * KiB)))
  const rows: string[][] = []
  for (const size of sizes) rows.push(await compare(servers, size * 1024, connections, false, rounds))
  for (const server of servers) server.stop()
  const cpu = ['discard', 'raw()', 'pooled', 'pooled/raw', 'bar', 'saved', 'bar']
  return table(['Express 5, CPU µs per request', ...cpu, 'raw() req/s', 'pooled req/s'], rows)
}
