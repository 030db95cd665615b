import { fileURLToPath } from 'node:url'
import { RedisClient } from '@pool/queue'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import type { Cost } from './subject.js'

const subjectPath = fileURLToPath(new URL('./subject.ts', import.meta.url))
const clients = ['pooled', 'plain', 'node-redis', 'ioredis'] as const

interface Size {
  readonly label: string
  readonly bytes: number
  readonly count: number
  /** Messages that are taken, and before those that are measured: small ones cost mostly what compiling costs, until there were some hundred thousand. Default: the count, a quarter. */
  readonly taken?: { readonly count: number; readonly warm: number }
  /** Messages that are added, and before those that are measured. Default: the count, a quarter. */
  readonly added?: { readonly count: number; readonly warm: number }
  readonly consume: number
  readonly produce?: number
}

const sizes: readonly Size[] = [
  { label: '1 KiB', bytes: 1024, count: 60_000, taken: { count: 200_000, warm: 300_000 }, consume: 0.7 },
  { label: '64 KiB', bytes: 64 * 1024, count: 6000, added: { count: 8000, warm: 8000 }, consume: 0.35, produce: 0.5 },
  { label: '1 MiB', bytes: 1024 * 1024, count: 160, added: { count: 800, warm: 400 }, consume: 0.25, produce: 0.3 },
  { label: '10 MiB', bytes: 10 * 1024 * 1024, count: 16, consume: 0.25 }
]

/** Small messages before large ones, which compile the code: Redis can't hold as many large ones. */
const smallFirst = { consume: 100_000, produce: 30_000 }

/** CPU of a message, taken or added, by each client in turn; of all sizes, or of one. */
async function compare(direction: 'consume' | 'produce', short: boolean, only: number | undefined): Promise<string> {
  const server = await RedisServer.start()
  const rows: string[][] = []
  try {
    for (const size of sizes) {
      if (only !== undefined && size.bytes !== only) continue
      const usual = { count: short ? Math.ceil(size.count / 8) : size.count, warm: Math.ceil(size.count / (short ? 32 : 4)) }
      const own = direction === 'consume' ? size.taken : size.added
      const { count, warm } = short || own === undefined ? usual : own
      const small = short || size.taken !== undefined ? 0 : smallFirst[direction]
      const costs: Record<string, Cost[]> = Object.fromEntries(clients.map((client) => [client, []]))
      for (let round = 0; round < (short ? 1 : 3); round++) {
        for (const client of clients) {
          progress(`${direction} ${size.label}, ${client}, round ${round + 1}`)
          if (direction === 'consume') await preload(server.url, 1024, small)
          if (direction === 'consume') await preload(server.url, size.bytes, count + warm)
          const parameters = [direction, client, server.url, ...[size.bytes, count, warm, small].map(String)]
          costs[client]?.push(await inSubprocess<Cost>(subjectPath, parameters))
          await empty(server.url)
        }
      }
      rows.push(row(size, direction, costs))
    }
  } finally {
    await server.stop()
    progress('')
  }
  const head = [`${direction}, µs of CPU`, ...clients, '× better peer', 'bar', '× faults', 'fresh bytes']
  return table(head, rows)
}

function row(size: Size, direction: 'consume' | 'produce', costs: Record<string, Cost[]>): string[] {
  const mid = (client: string, of: keyof Cost) => median((costs[client] as Cost[]).map((cost) => cost[of]))
  const rounds = costs.pooled as Cost[]
  const peer = (round: number, of: keyof Cost): number => {
    const of2 = ['node-redis', 'ioredis'].map((client) => (costs[client] as Cost[])[round]?.[of] as number)
    // Adding is compared with node-redis, which does not copy.
    return direction === 'produce' ? (of2[0] as number) : Math.min(...of2)
  }
  const ratio = (of: keyof Cost) => median(rounds.map((cost, round) => cost[of] / peer(round, of)))
  const most = size[direction]
  return [
    size.label,
    ...clients.map((client) => figure(mid(client, 'cpuUs'))),
    figure(ratio('cpuUs')),
    verdict(ratio('cpuUs'), most === undefined ? undefined : { most }),
    figure(ratio('faults')),
    figure(mid('pooled', 'freshBytes'))
  ]
}

/** Takes messages. */
export const consume = (short: boolean, only?: number): Promise<string> => compare('consume', short, only)
/** Adds messages: ours from pooled memory, the others from fresh Buffers. */
export const produce = (short: boolean, only?: number): Promise<string> => compare('produce', short, only)

/** Messages that one command puts into the stream. */
const atOnce = 20_000

/** Fills the stream within Redis: as many messages as a warm process takes would take longer to send than to measure. */
async function preload(url: string, bytes: number, count: number): Promise<void> {
  await using redis = new RedisClient({ url })
  const script = `local message = string.rep('\\7', ARGV[1])
    for added = 1, ARGV[2] do redis.call('XADD', KEYS[1], '*', 'd', message) end`
  // By parts, so that each is answered in time.
  for (let left = count; left > 0; left -= atOnce) await redis.send(['EVAL', script, 1, 'pool:{bench}', bytes, Math.min(left, atOnce)])
}

async function empty(url: string): Promise<void> {
  await using redis = new RedisClient({ url })
  await redis.send(['FLUSHALL'])
}
