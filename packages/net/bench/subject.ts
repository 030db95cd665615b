import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
// Whatever else is measured is loaded where it is used: a subject's memory holds no code of another.
import type { PooledConnection, PooledServerOptions } from '@pool/net'
import { peakResidentBytes } from '../../../tooling/bench-kit/src/peak-memory.js'

/** What one run of a subject cost its process. */
export interface Cost {
  /** CPU time, user and system, in ms. */
  readonly cpuMs: number
  /** Page faults that needed no disk. */
  readonly faults: number
  /** The most resident memory, in MiB. */
  readonly rssMiB: number
  /** The same before the first connection: Node itself, and the code that was loaded. */
  readonly baseMiB: number
  /** Wall-clock time, in ms. */
  readonly wallMs: number
  /** What was measured beside: messages, or bytes of each connection. */
  readonly figure: number
  /** Bytes of pooled memory that are out, for each connection. */
  readonly pooledBytes: number
}

const host = '127.0.0.1'
const loadPath = fileURLToPath(new URL('./load.js', import.meta.url))
const children: ChildProcess[] = []

function load(role: string, port: number, connections: number, unitBytes: number, total: number): ChildProcess {
  const parameters = [role, port, connections, unitBytes, total].map(String)
  // Without the preloaded allocator that the subject may run with.
  const { LD_PRELOAD: _, ...env } = process.env
  const child = spawn(process.execPath, [loadPath, ...parameters], { stdio: ['ignore', 'pipe', 'ignore'], env })
  children.push(child)
  return child
}

async function portOf(child: ChildProcess): Promise<number> {
  const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return Number(String(chunk))
}

let baseMiB: number | undefined

/** Measures this process from here on; started with the first connection, since starting the other end costs much by itself. */
function meter(): () => Omit<Cost, 'figure'> {
  const cpu = process.cpuUsage()
  const faults = process.resourceUsage().minorPageFault
  baseMiB ??= peakResidentBytes() / 2 ** 20
  const base = baseMiB
  const began = performance.now()
  return () => {
    const { user, system } = process.cpuUsage(cpu)
    return {
      cpuMs: (user + system) / 1000,
      faults: process.resourceUsage().minorPageFault - faults,
      rssMiB: peakResidentBytes() / 2 ** 20,
      baseMiB: base,
      wallMs: performance.now() - began,
      pooledBytes: 0
    }
  }
}

/** Bytes that were thrown away: every subject has to have seen them all. */
let dropped = 0

const drop = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      dropped += chunk.length
    })
    socket.on('error', () => {}).on('close', () => resolve())
  })

const dropPooled = (connection: PooledConnection): Promise<void> =>
  connection.consume((lease) => {
    dropped += lease.buffer.length
    lease.release()
  })

/** A server that is measured while it serves. */
interface Serving {
  readonly port: number
  /** Measures from the next connection on, until so many more have ended; or until `stop()`. */
  next(connections: number): { readonly done: Promise<void>; readonly stop: () => Omit<Cost, 'figure'> }
}

/** A server of Node's or ours. */
async function serve(
  isPooled: boolean,
  plain: (socket: Socket) => Promise<void>,
  pooled: (connection: PooledConnection) => Promise<void>,
  options: { readonly allowHalfOpen?: boolean; readonly maxUnsentBytes?: number } = {}
): Promise<Serving> {
  let left = 0
  let measured: (() => Omit<Cost, 'figure'>) | undefined
  let finish = (): void => {}
  const one = async (serving: () => Promise<void>): Promise<void> => {
    measured ??= meter()
    await serving().catch(() => {})
    if (--left === 0) finish()
  }
  const next: Serving['next'] = (connections) => {
    left = connections
    measured = undefined
    const done = new Promise<void>((resolve) => {
      finish = resolve
    })
    return { done, stop: () => (measured ?? meter())() }
  }
  const port = isPooled
    ? await pooledPort(options, (connection) => one(() => pooled(connection)))
    : await plainPort(options, (socket) => void one(() => plain(socket)))
  return { port, next }
}

async function pooledPort(options: PooledServerOptions, handler: (connection: PooledConnection) => unknown): Promise<number> {
  const { createPooledServer } = await import('@pool/net')
  const server = await createPooledServer(options, handler).listen({ port: 0, host })
  return (server.address() as AddressInfo).port
}

async function plainPort(options: { readonly allowHalfOpen?: boolean }, handler: (socket: Socket) => void): Promise<number> {
  const server = createServer({ noDelay: true, allowHalfOpen: options.allowHalfOpen === true }, handler).listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Serves a quarter of the load first, until the code is compiled and memory is at hand, and measures the whole of it then. */
async function afterWarmUp({ port, next }: Serving, role: string, connections: number, unitBytes: number, total: number) {
  const warm = next(connections)
  load(role, port, connections, unitBytes, Math.ceil(total / 4))
  await warm.done
  const measured = next(connections)
  load(role, port, connections, unitBytes, total)
  await measured.done
  return measured.stop()
}

/** The floor of a sink: the system fills one buffer again and again, and no pool, lease or bound is there. */
function dropBare(port: number): Promise<void> {
  const callback = (count: number): boolean => {
    dropped += count
    return true
  }
  const socket = connect({ port, host, onread: { buffer: Buffer.alloc(512 * 1024), callback } })
  return new Promise((resolve) => socket.on('error', () => {}).on('close', () => resolve()))
}

/** Bytes that are thrown away; the subject accepts the connection, or makes it. */
async function sink(how: string, isAccepted: boolean, bytes: number): Promise<Cost> {
  const isPooled = how === 'pooled'
  if (isAccepted) {
    return { ...(await afterWarmUp(await serve(isPooled, drop, dropPooled), 'send', 1, 65_536, bytes)), figure: dropped }
  }
  const pooled = isPooled ? await import('@pool/net') : undefined
  const run = async (total: number) => {
    const port = await portOf(load('source', 0, 1, 65_536, total))
    const stop = meter()
    if (pooled !== undefined) await dropPooled(await pooled.connectPooled({ port, host }))
    else await (how === 'bare' ? dropBare(port) : drop(connect(port, host)))
    return stop()
  }
  await run(bytes / 4)
  return { ...(await run(bytes)), figure: dropped }
}

/** As the example says. */
const relayed = { allowHalfOpen: true, maxUnsentBytes: 256 * 1024 }

/** Bytes from some connections to as many others, in another process. */
async function relay(isPooled: boolean, connections: number, bytes: number): Promise<Cost> {
  const port = await portOf(load('discard', 0, 1, 1, 0))
  const copy = async (from: PooledConnection, to: PooledConnection): Promise<void> => {
    await from.consume((lease) => to.send(lease))
    await to.end()
  }
  const serving = await serve(
    isPooled,
    async (socket) => {
      const backend = connect({ port, host, noDelay: true })
      await Promise.all([pipeline(socket, backend), pipeline(backend, socket)])
    },
    async (connection) => {
      const { connectPooled } = await import('@pool/net')
      const backend = await connectPooled({ port, host, ...relayed })
      await Promise.all([copy(connection, backend), copy(backend, connection)])
      backend.destroy()
    },
    relayed
  )
  return { ...(await afterWarmUp(serving, 'send', connections, 65_536, bytes)), figure: 0 }
}

/** Messages behind their length; each is looked at and let go. */
async function messages(how: string, messageBytes: number, bytes: number): Promise<Cost> {
  let count = 0
  const take = (message: Uint8Array): void => {
    if (message.length !== messageBytes) throw new Error(`a message of ${message.length} bytes`)
    count++
  }
  const lengthPrefixed = how === 'peer' ? (await import('length-prefixed-stream')).decode : undefined
  const serving = await serve(
    how === 'pooled',
    (socket) =>
      new Promise((resolve) => {
        if (lengthPrefixed === undefined) byHand(socket, take)
        else socket.pipe(lengthPrefixed({ limit: 2 ** 24 })).on('data', take)
        socket.on('error', () => {}).on('close', () => setImmediate(resolve))
      }),
    async (connection) => {
      const { framed } = await import('@pool/net')
      await framed(connection).consume((message) => {
        take(message.buffer)
        message.release()
      })
    }
  )
  const cost = await afterWarmUp(serving, how === 'peer' ? 'varints' : 'frames', 1, messageBytes, bytes)
  // Those of the warm-up are a fifth.
  return { ...cost, figure: count * 0.8 }
}

/** What one would write by hand: messages within a chunk as they are, others copied once into memory of their own. */
function byHand(socket: Socket, take: (message: Uint8Array) => void): void {
  const prefix = Buffer.alloc(4)
  let prefixed = 0
  let message: Buffer | undefined
  let came = 0
  socket.on('data', (chunk: Buffer) => {
    let at = 0
    while (at < chunk.length) {
      if (message !== undefined) {
        const copied = chunk.copy(message, came, at)
        came += copied
        at += copied
        if (came < message.length) return
        take(message)
        message = undefined
        continue
      }
      if (prefixed === 0 && at + 4 <= chunk.length) {
        prefix.writeUInt32BE(chunk.readUInt32BE(at))
        at += 4
        prefixed = 4
      }
      while (prefixed < 4 && at < chunk.length) prefix[prefixed++] = chunk[at++] as number
      if (prefixed < 4) return
      prefixed = 0
      const bytes = prefix.readUInt32BE()
      if (at + bytes <= chunk.length) {
        take(chunk.subarray(at, at + bytes))
        at += bytes
      } else {
        message = Buffer.allocUnsafe(bytes)
        came = 0
      }
    }
  })
}

/** As short as Node's own answer may be. */
const emptyAnswer = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')

const endOfHead = Buffer.from('\r\n\r\n')

/**
 * What an HTTP/1.1 server on leases would save at the most: it looks for the end of a head and for its `content-length`, and checks nothing. A
 * measure of what is at stake, and not a server.
 */
async function bareHttp(connection: PooledConnection): Promise<void> {
  for (;;) {
    const head = await connection.readUntil(endOfHead, 16_384)
    if (head === undefined) return
    const length = /\r\ncontent-length: (\d+)/.exec(head.buffer.toString('latin1'))?.[1]
    head.release()
    let left = Number(length)
    while (left > 0) {
      const part = await connection.read(Math.min(left, 65_536))
      if (part === undefined) return
      left -= part.buffer.length
      dropped += part.buffer.length
      part.release()
    }
    connection.tryWrite(emptyAnswer)
  }
}

/** Bodies of a known length that are thrown away, one after the other on one connection. */
async function http(how: string, bodyBytes: number, bytes: number): Promise<Cost> {
  if (how === 'pooled') {
    const serving = await serve(true, drop, bareHttp)
    return { ...(await afterWarmUp(serving, 'post', 1, bodyBytes, bytes)), figure: dropped }
  }
  const { createServer: createHttpServer } = await import('node:http')
  const server = createHttpServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      dropped += chunk.length
    })
    request.on('end', () => response.end())
  }).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const run = async (total: number) => {
    const child = load('post', port, 1, bodyBytes, total)
    await once(server, 'connection')
    const stop = meter()
    await once(child, 'exit')
    return stop()
  }
  await run(bytes / 4)
  return { ...(await run(bytes)), figure: dropped }
}

/** Answers each question in kind; tells its port, and at each line of its input its CPU time in ms. */
async function answer(isPooled: boolean): Promise<Cost> {
  const { port } = await serve(
    isPooled,
    (socket) =>
      new Promise((resolve) => {
        socket.on('data', (chunk: Buffer) => socket.write(chunk))
        socket.on('error', () => {}).on('close', () => resolve())
      }),
    (connection) => connection.consume((question) => connection.send(question))
  )
  console.log(port)
  process.stdin.on('data', () => {
    const { user, system } = process.cpuUsage()
    console.log((user + system) / 1000)
  })
  return new Promise(() => {})
}

/** Connections that sent one small message, which was read, and nothing since. */
async function idle(isPooled: boolean, connections: number): Promise<Cost> {
  let came = 0
  const seen = new Set<unknown>()
  // Not by `serve`, whose waiting for the end of each would be counted as the connection's own.
  const port = isPooled
    ? await pooledPort({}, (connection) => {
        seen.add(connection)
        return connection.consume((lease) => {
          came++
          lease.release()
        })
      })
    : await plainPort({}, (socket) => {
        seen.add(socket)
        socket.on('data', () => came++).on('error', () => {})
      })
  const stop = meter()
  // Compiled code and feedback of the first connections are no connection's own.
  const first = 200
  load('idle', port, first, 100, 0)
  while (came < first) await new Promise((resolve) => setTimeout(resolve, 20))
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  // All together, as many as a group allows by itself.
  const more = connections - first
  load('idle', port, more, 100, 0)
  while (came < connections) await new Promise((resolve) => setTimeout(resolve, 20))
  await new Promise((resolve) => setTimeout(resolve, 100))
  globalThis.gc?.()
  globalThis.gc?.()
  const figure = (process.memoryUsage().heapUsed - before) / more
  const { livePools } = await import('@pool/core')
  const pooledBytes = [...livePools.sources()].reduce((sum, pool) => sum + pool.stats().inUseBytes, 0) / connections
  return { ...stop(), figure, pooledBytes }
}

/**
 * Connections that are stuck: their peers send for ever and no byte is read, or never read the answer that is written for ever. Gives by how many MiB
 * the process grew in the last three quarters of the time, and the pooled memory of each.
 */
async function stuck(side: string, connections: number, seconds: number): Promise<Cost> {
  const { ConnectionGroup, createPooledServer } = await import('@pool/net')
  const { SizeClassPool } = await import('@pool/core')
  const pool = new SizeClassPool({ clear: 'never', maxSize: 100_000, maxLiveBytes: 2 ** 28 })
  const group = new ConnectionGroup()
  const fill = async (connection: PooledConnection): Promise<void> => {
    for (;;) {
      const lease = await pool.leaseAsync(65_536)
      await connection.send(lease)
    }
  }
  const server = createPooledServer({ pool, group }, (connection) => (side === 'unread' ? connection.closed : fill(connection)))
  await server.listen({ port: 0, host })
  const { port } = server.address() as AddressInfo
  const stop = meter()
  load(side === 'unread' ? 'send' : 'mute', port, connections, 65_536, Number.MAX_SAFE_INTEGER)
  const settled = (seconds * 1000) / 4
  await new Promise((resolve) => setTimeout(resolve, settled))
  const rss = process.memoryUsage.rss()
  await new Promise((resolve) => setTimeout(resolve, 3 * settled))
  const grown = (process.memoryUsage.rss() - rss) / 2 ** 20
  if (group.connections !== connections) throw new Error(`${group.connections} of ${connections} connections are open`)
  const { readAheadBytes, unsentBytes } = group.stats()
  return { ...stop(), figure: grown, pooledBytes: (readAheadBytes + unsentBytes) / connections }
}

const subjects: Record<string, (parameters: string[]) => Promise<Cost>> = {
  sink: ([how, side, bytes]) => sink(how as string, side === 'accepted', Number(bytes)),
  relay: ([how, connections, bytes]) => relay(how === 'pooled', Number(connections), Number(bytes)),
  messages: ([how, messageBytes, bytes]) => messages(how as string, Number(messageBytes), Number(bytes)),
  http: ([how, bodyBytes, bytes]) => http(how as string, Number(bodyBytes), Number(bytes)),
  answer: ([how]) => answer(how === 'pooled'),
  stuck: ([side, connections, seconds]) => stuck(side as string, Number(connections), Number(seconds)),
  idle: ([how, connections]) => idle(how === 'pooled', Number(connections))
}

const [name = '', ...parameters] = process.argv.slice(2)
const cost = await (subjects[name] as (parameters: string[]) => Promise<Cost>)(parameters)
console.log(JSON.stringify(cost))
for (const child of children) child.kill()
process.exit()
