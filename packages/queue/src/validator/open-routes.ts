import { randomBytes } from 'node:crypto'
import type { BufferSource, NonSharedBuffer } from '@pool/core'
import type { RedisClientOptions } from '../client/client-options.js'
import { PooledQueue } from '../queue/pooled-queue.js'
import { PayloadStore } from '../store/payload-store.js'
import type { ForeignModules } from './foreign-clients.js'
import { bullEnds, ioRedisClient, nodeRedisClient, type StreamClient, streamReceiver, streamSender } from './foreign-routes.js'
import { queueReceiver, queueSender, storeEnds } from './own-routes.js'
import type { Receiver, Route, Sender } from './route.js'

/** All keys of the validator begin so. */
export const prefix = 'pool-validate'

/** The clients and bounds of the ways through Redis. */
export interface RouteSettings {
  readonly url: string
  readonly client: RedisClientOptions
  readonly pool: BufferSource<NonSharedBuffer>
  readonly foreign: ForeignModules
  readonly maxBytes: number
}

/** As JSON, a Buffer is four to five times as long, and more is of no use to compare. */
const maxJsonBytes = 1024 * 1024

/** A way that is opened when its turn comes. */
export interface ClosedRoute {
  readonly name: string
  /** @returns the way, and the stream that it leaves in Redis */
  open(): Promise<Route & { readonly stream: string }>
}

/** Every way that the installed packages allow, and the ways that are left out. */
export function closedRoutes(settings: RouteSettings): { readonly routes: readonly ClosedRoute[]; readonly skipped: readonly string[] } {
  const { url, client, pool, foreign, maxBytes } = settings
  const { ioredis, redis, bullmq } = foreign
  const routes: ClosedRoute[] = []
  const way = (name: string, ends: (queue: string, stream: string) => Promise<[Sender, Receiver]>, most = maxBytes): void => {
    const open = async () => {
      const queue = randomBytes(6).toString('hex')
      const stream = `${prefix}:{${queue}}`
      const [sender, receiver] = await ends(queue, stream)
      return { name, maxBytes: Math.min(most, maxBytes), sender, receiver, stream }
    }
    routes.push({ name, open })
  }
  const queueOf = (queue: string): PooledQueue => new PooledQueue({ ...client, queue, prefix, dedupeMs: 60_000 })
  const storeOf = (): PayloadStore => new PayloadStore({ ...client, prefix, expireMs: 600_000 })
  for (const isLeased of [true, false]) {
    way(`queue, ${isLeased ? 'leases' : 'Buffers'} → queue`, async (queue) => [
      queueSender(queueOf(queue), pool, isLeased),
      queueReceiver(queueOf(queue))
    ])
  }
  way('store → store', async () => {
    const { sender, receiver } = storeEnds(storeOf(), pool)
    return [sender, receiver]
  })
  const peers: [string, (stream: string) => Promise<StreamClient>][] = []
  if (ioredis !== undefined) peers.push(['ioredis', async (stream) => ioRedisClient(ioredis, url, stream)])
  if (redis !== undefined) peers.push(['node-redis', (stream) => nodeRedisClient(redis, url, stream)])
  for (const [name, connected] of peers) {
    way(`queue, leases → ${name}`, async (queue, stream) => [
      queueSender(queueOf(queue), pool, true),
      streamReceiver(await connected(stream))
    ])
    way(`${name} → queue`, async (queue, stream) => [streamSender(await connected(stream)), queueReceiver(queueOf(queue))])
    way(`${name} → ${name}`, async (_, stream) => [streamSender(await connected(stream)), streamReceiver(await connected(stream))])
  }
  if (bullmq !== undefined) {
    way('BullMQ, reference', async (queue) => {
      const store = storeOf()
      const { sender, receiver } = bullEnds(bullmq, url, queue, store, pool)
      return [sender, { ...receiver, close: () => receiver.close().then(() => store.close()) }]
    })
    const inJson = async (queue: string): Promise<[Sender, Receiver]> => {
      const { sender, receiver } = bullEnds(bullmq, url, queue, undefined, pool)
      return [sender, receiver]
    }
    way('BullMQ, Buffer in JSON', inJson, maxJsonBytes)
  }
  const installed: [string, unknown][] = [
    ['ioredis', ioredis],
    ['redis (node-redis)', redis],
    ['bullmq', bullmq]
  ]
  return {
    routes,
    skipped: installed.filter(([, module]) => module === undefined).map(([name]) => `${name} is not installed, or does not load`)
  }
}
