import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import type { Subject } from './body-server.js'
import { type Cost, load, lowerQuartile } from './load.js'
import { Served } from './served.js'

const KiB = 1024
const subjects: readonly Subject[] = ['discard', 'express.raw()', 'pooledBody()', 'pooledBody(), clearing']

/**
 * CPU of the server per request, and requests per second, over real sockets: bodies thrown away, `express.raw()`, `pooledBody()` with a
 * pool that does not clear, and with one that does. Of many short rounds in turn, in several sets of processes, since no two processes
 * lay their memory out alike, the lower quartile counts: whatever else the machine does can only add to a round.
 */
export async function requestCost(short: boolean): Promise<string> {
  const sizes = short ? [KiB, 64 * KiB] : [KiB, 16 * KiB, 64 * KiB, 256 * KiB, 1024 * KiB]
  const rows: string[][] = []
  for (const connections of short ? [16] : [16, 256]) for (const size of sizes) rows.push(await compare(size, connections, short))
  progress('')
  const cpu = ['discard', 'raw()', 'pooled', 'clearing', 'pooled/raw', 'bar', 'saved', 'bar', 'clearing/raw']
  return table(['Express 5, CPU µs per request', ...cpu, 'raw() req/s', 'pooled req/s'], rows)
}

async function compare(size: number, connections: number, short: boolean): Promise<string[]> {
  const body = Buffer.alloc(size, 'x')
  // Some 0.15 s a round.
  const amount = Math.max(connections * 2, Math.round(150_000 / (100 + (size * 1.5) / KiB)))
  const rounds = short ? 6 : 5
  const costs: Cost[][] = subjects.map(() => [])
  for (let set = 0; set < (short ? 1 : 4); set++) {
    const servers = await Promise.all(subjects.map((subject) => Served.start(subject, 1024 * KiB, 512 * 1024 * KiB)))
    for (let round = -2; round < rounds; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        const at = (turn + round + servers.length) % servers.length
        progress(`${connections} connections, ${size} bytes, set ${set}, round ${round}, ${subjects[at]}`)
        const cost = await load(servers[at]!, { body, type: 'application/octet-stream' }, connections, amount)
        // The first rounds warm everything up.
        if (round >= 0) costs[at]!.push(cost)
      }
    }
    for (const server of servers) server.stop()
  }
  const [discard, raw, pooled, clearing] = costs.map((all) => lowerQuartile(all.map(({ cpuMicros }) => cpuMicros))) as [
    number,
    number,
    number,
    number
  ]
  const rateOf = (at: number) => -lowerQuartile(costs[at]!.map(({ perSecond }) => -perSecond))
  const saved = (raw - pooled) / (raw - discard)
  return [
    `${size / KiB} KiB, ${connections} connections`,
    ...[discard, raw, pooled, clearing, pooled / raw].map(figure),
    verdict(pooled / raw, { most: 1.03 }),
    `${Math.round(saved * 100)} %`,
    size < 64 * KiB ? '' : verdict(saved, { least: 0.6 }),
    figure(clearing / raw),
    figure(rateOf(1)),
    figure(rateOf(2))
  ]
}
