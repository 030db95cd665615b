import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayProcess, type Pooling } from './gateway-process.js'
import type { Sample } from './samples.js'

/** Bytes to which each message is repeated. */
const MESSAGE_BYTES = 64 * 1024
/** Rounds into which the load is cut: the gateways take turns. One before warms them up. */
const ROUNDS = 4
const CONNECTIONS = 4
const STREAM_TIMEOUT_MS = 60_000
const RELEASE_TIMEOUT_MS = 5000

/** The figures of one gateway for the streams at its INGEST_PORT. */
export interface StreamSide {
  readonly pooling: Pooling
  bytes: number
  messages: number
  threats: number
  cpuMs: number
  pageFaults: number
  maxRss: number
  /** Leases that were out in the end. */
  outstanding: number
  exitCode: number | null
}

/** Starts two further gateways, so that the peak of memory is of streams alone, and sends both the same messages over TCP. */
export async function compareStreams(samples: readonly Sample[], mebibytes: number): Promise<readonly StreamSide[]> {
  const bodies = samples.filter(({ label, body }) => label === 'ordinary' && body.length > 0)
  if (mebibytes === 0 || bodies.length === 0) return []
  const frames = bodies.map(({ body }) => frameOf(Buffer.alloc(MESSAGE_BYTES, body)))
  const count = Math.ceil((mebibytes * 2 ** 20) / MESSAGE_BYTES / CONNECTIONS / ROUNDS)
  const gateways: GatewayProcess[] = []
  const sides: StreamSide[] = []
  try {
    for (const pooling of ['pooled', 'unpooled'] as const) {
      gateways.push(await GatewayProcess.start(pooling))
      const none = { bytes: 0, messages: 0, threats: 0, cpuMs: 0, pageFaults: 0, maxRss: 0, outstanding: 0, exitCode: null }
      sides.push({ pooling, ...none })
    }
    for (let round = -1; round < ROUNDS; round += 1) {
      const turn = round % 2 === 0 ? [0, 1] : [1, 0]
      for (const index of turn) {
        await playRound(gateways[index] as GatewayProcess, sides[index] as StreamSide, frames, count, round >= 0)
      }
    }
    for (const [index, gateway] of gateways.entries()) (sides[index] as StreamSide).outstanding = await leasesOut(gateway)
  } finally {
    const exitCodes = await Promise.all(gateways.map((gateway) => gateway.stop()))
    for (const [index, code] of exitCodes.entries()) if (sides[index] !== undefined) sides[index].exitCode = code
  }
  return sides
}

async function playRound(
  gateway: GatewayProcess,
  side: StreamSide,
  frames: readonly Buffer[],
  count: number,
  isCounted: boolean
): Promise<void> {
  const before = await gateway.figures()
  const answers = await Promise.all(Array.from({ length: CONNECTIONS }, () => stream(gateway.ingestPort, frames, count)))
  const after = await gateway.figures()
  if (!isCounted) return
  for (const lines of answers) {
    side.messages += lines.length
    side.threats += lines.filter((line) => (JSON.parse(line) as { verdict?: string }).verdict === 'threat').length
  }
  side.bytes += CONNECTIONS * count * MESSAGE_BYTES
  side.cpuMs += after.cpuMs - before.cpuMs
  side.pageFaults += after.pageFaults - before.pageFaults
  side.maxRss = after.memory.maxRss
}

/** Sends `count` messages over one connection, and gives the lines of the answer. */
async function stream(port: number, frames: readonly Buffer[], count: number): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  const cutOff = setTimeout(() => socket.destroy(new Error('a stream of messages was not answered in time')), STREAM_TIMEOUT_MS)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const ended = once(socket, 'end')
  // An error may come while a write is waited for.
  ended.catch(() => {})
  try {
    for (let index = 0; index < count; index += 1) {
      if (!socket.write(frames[index % frames.length] as Buffer)) await Promise.race([once(socket, 'drain'), ended])
    }
    socket.end()
    await ended
  } finally {
    clearTimeout(cutOff)
    socket.destroy()
  }
  return text.split('\n').slice(0, -1)
}

/** Leases that are out of the pools of streams, once the last connection is closed. */
async function leasesOut(gateway: GatewayProcess): Promise<number> {
  const deadline = performance.now() + RELEASE_TIMEOUT_MS
  for (;;) {
    const pools = Object.values(await gateway.pools())
    const outstanding = pools.reduce((sum, pool) => sum + pool.outstanding, 0)
    if (outstanding === 0 || performance.now() > deadline) return outstanding
    await sleep(20)
  }
}

function frameOf(body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(4 + body.length)
  frame.writeUInt32BE(body.length)
  body.copy(frame, 4)
  return frame
}
