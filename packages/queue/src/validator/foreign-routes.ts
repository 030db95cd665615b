import type { BufferSource, NonSharedBuffer } from '@pool/core'
import { parseRedisUrl } from '../client/redis-url.js'
import type { PayloadStore } from '../store/payload-store.js'
import type { BullModule, IoRedisModule, NodeRedisModule, RangeReply } from './foreign-clients.js'
import { putLeased } from './own-routes.js'
import { checkFields, inTime, type Received, type Receiver, type Sender } from './route.js'

const ignore = (): void => {}

/** A client of another package, that adds to a stream and takes from it. */
export interface StreamClient {
  readonly name: string
  add(bytes: Buffer, id: string): Promise<unknown>
  range(count: number): Promise<RangeReply>
  /** A large message, by the reference in the field `p` of its entry. */
  payload(reference: Buffer): Promise<Buffer | null>
  remove(entries: readonly Buffer[]): Promise<unknown>
  removePayload(reference: Buffer): Promise<unknown>
  close(): Promise<void>
}

/** ioredis on a stream. */
export function ioRedisClient({ Redis }: IoRedisModule, url: string, stream: string): StreamClient {
  const redis = new Redis(url, { maxRetriesPerRequest: 3 })
  redis.on('error', ignore)
  return {
    name: 'ioredis',
    add: (bytes, id) => redis.xadd(stream, '*', 'd', bytes, 'k', id),
    range: (count) => redis.xrangeBuffer(stream, '-', '+', 'COUNT', count),
    payload: (reference) => redis.getBuffer(`${stream}:${reference}`),
    remove: (entries) => redis.xdel(stream, ...entries),
    removePayload: (reference) => redis.unlink(`${stream}:${reference}`),
    close: async () => redis.disconnect()
  }
}

/** node-redis on a stream. */
export async function nodeRedisClient({ createClient, RESP_TYPES }: NodeRedisModule, url: string, stream: string): Promise<StreamClient> {
  const plain = createClient({ url })
  plain.on('error', ignore)
  await inTime(plain.connect())
  const client = plain.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  return {
    name: 'node-redis',
    add: (bytes, id) => client.sendCommand(['XADD', stream, '*', 'd', bytes, 'k', id]),
    range: (count) => client.sendCommand(['XRANGE', stream, '-', '+', 'COUNT', String(count)]) as Promise<RangeReply>,
    payload: (reference) => client.sendCommand(['GET', `${stream}:${reference}`]) as Promise<Buffer | null>,
    remove: (entries) => client.sendCommand(['XDEL', stream, ...entries]),
    removePayload: (reference) => client.sendCommand(['UNLINK', `${stream}:${reference}`]),
    close: async () => plain.destroy()
  }
}

/** Adds through another client, in the form of a queue's entries. */
export function streamSender(client: StreamClient): Sender {
  return { name: client.name, send: async ({ id, bytes }) => void (await inTime(client.add(bytes, id))), close: client.close }
}

/** Takes the added messages through another client. */
export function streamReceiver(client: StreamClient): Receiver {
  return {
    name: client.name,
    receive: async (count) => {
      const received: Received[] = []
      while (received.length < count) {
        const entries = await inTime(client.range(count - received.length))
        if (entries.length === 0) throw new Error(`${count - received.length} messages are missing in the stream`)
        for (const [, fields] of entries) {
          const names = fields.filter((_, at) => at % 2 === 0).map(String)
          const fieldOf = (name: string): Buffer | undefined => fields[names.indexOf(name) * 2 + 1]
          const reference = fieldOf('p')
          const bytes = reference === undefined ? fieldOf('d') : await inTime(client.payload(reference))
          if (reference !== undefined) await inTime(client.removePayload(reference))
          const form = checkFields(names, reference === undefined ? 'd' : 'p')
          received.push({ id: fieldOf('k')?.toString(), bytes: bytes ?? Buffer.alloc(0), ...form, release: ignore })
        }
        await inTime(client.remove(entries.map(([entry]) => entry)))
      }
      return received
    },
    close: client.close
  }
}

/** Both ends of BullMQ: jobs carry a reference to a payload in `store`, or, without one, the message as the JSON of a Buffer. */
export function bullEnds(
  { Queue, Worker }: BullModule,
  url: string,
  name: string,
  store: PayloadStore | undefined,
  pool: BufferSource<NonSharedBuffer>
): { readonly sender: Sender; readonly receiver: Receiver } {
  const { host, port, username, password, database, isTls } = parseRedisUrl(url)
  const connection = { host, port, username, password, db: database, maxRetriesPerRequest: null, ...(isTls ? { tls: {} } : {}) }
  const options = { connection, prefix: 'pool-validate' }
  const queue = new Queue(name, options)
  queue.on('error', ignore)
  const arrived: Received[] = []
  let wake = ignore
  const received = async (data: unknown, id: string): Promise<Received> => {
    if (store === undefined) return { id, bytes: Buffer.from((data as { data: number[] }).data), release: ignore }
    const lease = await store.take(data as string)
    return { id, bytes: lease.buffer, release: () => lease.release() }
  }
  let failure: { readonly error: unknown } | undefined
  const handle = async (job: { readonly name: string; readonly data: unknown }): Promise<void> => {
    try {
      arrived.push(await received(job.data, job.name))
    } catch (error) {
      failure ??= { error }
    }
    wake()
  }
  const worker = new Worker(name, handle, options)
  worker.on('error', ignore)
  return {
    sender: {
      name: store === undefined ? 'BullMQ, Buffer in JSON' : 'BullMQ, reference',
      send: async (message) => {
        const data = store === undefined ? message.bytes : await putLeased(store, pool, message)
        await inTime(queue.add(message.id, data, { removeOnComplete: true }))
      },
      close: async () => {
        await queue.obliterate({ force: true })
        await queue.close()
      }
    },
    receiver: {
      name: 'BullMQ',
      receive: async (count) => {
        while (arrived.length < count && failure === undefined) {
          await inTime(
            new Promise<void>((resolve) => {
              wake = resolve
            })
          )
        }
        if (failure !== undefined) throw failure.error
        return arrived.splice(0, count)
      },
      close: async () => void (await worker.close())
    }
  }
}
