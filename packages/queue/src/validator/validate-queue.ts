import { type BufferSource, isPoolError, type NonSharedBuffer, SizeClassPool } from '@pool/core'
import * as check from '@pool/core/kit'
import { RedisClient } from '../client/redis-client.js'
import { parseRedisUrl } from '../client/redis-url.js'
import type { Connect } from '../client/wire.js'
import { compare } from './compare.js'
import { type CorpusMessage, corpus, type SerializeJson } from './corpus.js'
import { loadForeign } from './foreign-clients.js'
import { type ClosedRoute, closedRoutes } from './open-routes.js'
import { inTime, type Route } from './route.js'
import type { Difference, RouteFigures, ValidationReport } from './validation-report.js'

/** How {@link validateQueue} validates. */
export interface ValidateOptions {
  /** `redis://user:password@host:6379/0`. Required: keys that begin with `pool-validate` are written there, and removed or left to expire. */
  readonly url: string
  /**
   * Messages on each way, 0..1 000 000. Some 330 are always there: each byte value, texts, JSON, each size class; random ones make up the
   * rest. Default 1000.
   */
  readonly messages?: number
  /** The largest message, in bytes, 1..10 MiB. Default 10 MiB. */
  readonly maxBytes?: number
  /** Makes the random messages: a whole number in 0..2³²-1. Default: of the clock, and in the report. */
  readonly seed?: number
  /** Makes connections, such as `connectPooled` of `@pool/net`. Default: sockets of Node's own. */
  readonly connect?: Connect
  /** Where messages land. Default: a pool of its own. */
  readonly pool?: BufferSource<NonSharedBuffer>
  /** Serializes JSON into leases, such as `(value) => serializeJson(value, { pool })` of `@pool/stream`. Default: JSON is not checked so. */
  readonly serializeJson?: SerializeJson
  /** The folder whose packages are searched for ioredis, redis and bullmq. Default: the current one. */
  readonly folder?: string
  /** Ends the validation early; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Called after each batch of messages: the way, and the share of all that is done, 0..1. */
  readonly onProgress?: (route: string, done: number) => void
}

const names = ['url', 'messages', 'maxBytes', 'seed', 'connect', 'pool', 'serializeJson', 'folder', 'signal', 'onProgress']
/** Messages that are sent before they are received. The batch bounds the memory of the comparison, and shows a wrong order. */
const batchCount = 32
const batchBytes = 4 * 1024 * 1024
const tenMib = 10 * 1024 * 1024
/** The most messages that go each way before those that are measured, and the most bytes of one. */
const warmCount = 512
const warmBytes = 4096

/**
 * Sends a corpus of messages through a real Redis on every way there is: queue to queue, through the payload store, and from and to ioredis,
 * node-redis and BullMQ where they are installed. Compares bytes, form and order, and the cost of each way. Ends at the first difference.
 * @returns the report, whether or not it passed
 * @throws (rejects) `ERR_POOL_INVALID_OPTION`; the signal's reason. All else, such as no Redis, is a difference of the kind `error`
 */
export async function validateQueue(options: ValidateOptions): Promise<ValidationReport> {
  check.validOptions('options', options, names)
  const { url, connect, folder = process.cwd(), onProgress = () => {}, serializeJson } = options
  const messages = check.validInteger('messages', options.messages ?? 1000, 0, 1_000_000)
  const maxBytes = check.validInteger('maxBytes', options.maxBytes ?? tenMib, 1, tenMib)
  const seed = check.validInteger('seed', options.seed ?? Date.now() % 2 ** 32, 0, 2 ** 32 - 1)
  const signal = check.optionalSignal(options.signal)
  parseRedisUrl(url)
  check.validFunction('onProgress', onProgress)
  if (serializeJson !== undefined) check.validFunction('serializeJson', serializeJson)
  if (typeof folder !== 'string') throw check.invalid('folder', 'a path', folder)
  const own = options.pool === undefined ? validationPool() : undefined
  const pool = check.validSource('pool', options.pool ?? (own as SizeClassPool))
  const client = { url, pool, maxMessageBytes: maxBytes, commandTimeoutMs: 15_000, ...(connect === undefined ? {} : { connect }) }
  const redis = new RedisClient(client)
  const startedAt = new Date()
  const since = performance.now()
  const done: RouteFigures[] = []
  const corpusOf = (): Generator<CorpusMessage, void> => corpus({ maxBytes, messages, seed, serializeJson })
  let count = 0
  let total = 0
  for (const { bytes } of corpusOf()) {
    count++
    total += bytes.length
  }
  let difference: Difference | undefined
  let version = ''
  const { routes, skipped } = closedRoutes({ url, client, pool, foreign: loadForeign(folder), maxBytes })
  try {
    try {
      version = /redis_version:(\S+)/.exec(String(await redis.send(['INFO', 'server'], { timeoutMs: 5000 })))?.[1] ?? ''
    } catch (error) {
      difference = { route: 'connection', message: '', kind: 'error', detail: wordsOf(error) }
    }
    for (const [at, closed] of routes.entries()) {
      if (difference !== undefined) break
      const told = (bytes: number): void => onProgress(closed.name, (at + bytes / Math.max(1, total)) / routes.length)
      const outcome = await walk(closed, redis, corpusOf, told, signal)
      if ('kind' in outcome) difference = outcome
      else done.push(outcome)
    }
  } finally {
    redis.destroy()
    own?.destroy()
  }
  return Object.freeze({
    passed: difference === undefined,
    difference,
    routes: done,
    skipped: serializeJson === undefined ? [...skipped, '@pool/stream (serializeJson) is not given'] : skipped,
    messages: count,
    seed,
    node: process.version,
    redis: version,
    startedAt: startedAt.toISOString(),
    tookMs: Math.round(performance.now() - since)
  })
}

/** A pool for a validation: the largest messages, and a whole batch at once. */
export function validationPool(): SizeClassPool {
  return new SizeClassPool({ maxClassBytes: 16 * 1024 * 1024, maxSize: 100_000, clear: 'never' })
}

/** Sends and compares everything on one way. */
async function walk(
  closed: ClosedRoute,
  redis: RedisClient,
  messages: () => Iterable<CorpusMessage>,
  told: (bytes: number) => void,
  signal: AbortSignal | undefined
): Promise<RouteFigures | Difference> {
  const meter = new Meter()
  let route: Awaited<ReturnType<ClosedRoute['open']>> | undefined
  try {
    route = await inTime(closed.open())
    for (const [each, measured] of [
      [warmUp(messages()), undefined],
      [messages(), meter]
    ] as const) {
      for (const batch of batches(each, route.maxBytes)) {
        signal?.throwIfAborted()
        const different = await roundTrip(route, batch, measured)
        if (different !== undefined) return different
        told(meter.bytes)
      }
    }
    return meter.figures(route.name)
  } catch (error) {
    signal?.throwIfAborted()
    return { route: closed.name, message: '', kind: 'error', detail: wordsOf(error) }
  } finally {
    if (route !== undefined) await closeQuietly(route, redis)
  }
}

async function roundTrip(route: Route, batch: readonly CorpusMessage[], meter: Meter | undefined): Promise<Difference | undefined> {
  meter?.start()
  for (const message of batch) await route.sender.send(message)
  const received = await route.receiver.receive(batch.length)
  meter?.stop(batch)
  let difference: Difference | undefined
  for (const [at, came] of received.entries()) {
    difference ??= compare(route.name, batch[at] as CorpusMessage, came)
    came.release()
  }
  return difference
}

/** Short messages under other ids, which are compared alike. Without them the first way would bear what loading and compiling code costs. */
function* warmUp(messages: Iterable<CorpusMessage>): Generator<CorpusMessage> {
  let count = 0
  for (const message of messages) {
    if (count === warmCount) return
    if (message.bytes.length > warmBytes) continue
    count++
    yield { ...message, id: `warm-${message.id}` }
  }
}

function* batches(messages: Iterable<CorpusMessage>, maxBytes: number): Generator<CorpusMessage[]> {
  let batch: CorpusMessage[] = []
  let bytes = 0
  for (const message of messages) {
    if (message.bytes.length > maxBytes) continue
    if (batch.length === batchCount || (batch.length > 0 && bytes + message.bytes.length > batchBytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(message)
    bytes += message.bytes.length
  }
  if (batch.length > 0) yield batch
}

async function closeQuietly(route: Route & { readonly stream: string }, redis: RedisClient): Promise<void> {
  await Promise.allSettled([inTime(route.receiver.close()), inTime(route.sender.close())])
  await redis.send(['UNLINK', route.stream, `${route.stream}:dead`, `${route.stream}:payloads`], { timeoutMs: 1000 }).catch(() => {})
}

/** The words of an error, which quote no content: those of the family, or of a client of another package, as they are. */
function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error)
  return `${isPoolError(error) ? `${error.code}: ` : ''}${words.slice(0, 300)}`
}

/** Measures the cost of sending and receiving. */
class Meter {
  #cpu = process.cpuUsage()
  #cpuUs = 0
  #since = 0
  #ms = 0
  #faultsBefore = 0
  #faults = 0
  readonly #rssBefore = process.memoryUsage.rss()
  #mostRss = 0
  #messages = 0
  bytes = 0

  start(): void {
    this.#cpu = process.cpuUsage()
    this.#faultsBefore = process.resourceUsage().minorPageFault
    this.#since = performance.now()
  }

  stop(batch: readonly CorpusMessage[]): void {
    this.#ms += performance.now() - this.#since
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#cpuUs += user + system
    this.#faults += process.resourceUsage().minorPageFault - this.#faultsBefore
    this.#mostRss = Math.max(this.#mostRss, process.memoryUsage.rss())
    this.#messages += batch.length
    for (const { bytes } of batch) this.bytes += bytes.length
  }

  figures(route: string): RouteFigures {
    const mib = Math.max(this.bytes, 1) / 2 ** 20
    return Object.freeze({
      route,
      messages: this.#messages,
      bytes: this.bytes,
      cpuUsPerMessage: this.#cpuUs / Math.max(1, this.#messages),
      mibPerSecond: mib / (Math.max(this.#ms, 0.001) / 1000),
      faultsPerMib: this.#faults / mib,
      rssMib: Math.max(0, this.#mostRss - this.#rssBefore) / 2 ** 20
    })
  }
}
