import { type Duplex, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createMessageDecoder, type PooledMessage } from '@pool/stream'
import { decode as frameStream } from 'frame-stream'
import { decode as lengthPrefixedStream } from 'length-prefixed-stream'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const self = fileURLToPath(import.meta.url)
const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const sum = { bytes: 0, messages: 0 }

/** Message bytes, chunk bytes, bytes of a run. */
const columns: Record<string, readonly [number, number, number]> = {
  '100 B': [100, 64 * kibibyte, 128 * mebibyte],
  '16 KiB': [16 * kibibyte, 64 * kibibyte, 512 * mebibyte],
  '1 MiB': [mebibyte, 64 * kibibyte, 256 * mebibyte],
  '8 MiB': [8 * mebibyte, 64 * kibibyte, 128 * mebibyte],
  '8 MiB in 16 KiB': [8 * mebibyte, 16 * kibibyte, 128 * mebibyte]
}
const lengths = [64 * kibibyte, 256 * kibibyte, mebibyte, 4 * mebibyte, 10 * mebibyte]

const ours = '@pool/stream'
const byHand = 'by hand'
const frameStreamName = 'frame-stream'
const lengthPrefixedName = 'length-prefixed-stream'

function counted(stream: Duplex): Writable {
  stream.on('data', (message: Buffer) => {
    sum.bytes += message.length
    sum.messages++
  })
  return stream
}

/** What one would write for one case: one pass, messages within a chunk as they are, others copied once into memory of their own. */
function single(): Writable {
  const prefix = Buffer.alloc(4)
  let prefixed = 0
  let message: Buffer | undefined
  let came = 0
  const take = (bytes: Buffer): void => {
    sum.bytes += bytes.length
    sum.messages++
  }
  return new Writable({
    write(chunk: Buffer, _encoding, callback) {
      let at = 0
      while (at < chunk.length) {
        if (message !== undefined) {
          const copied = chunk.copy(message, came, at)
          came += copied
          at += copied
          if (came === message.length) {
            take(message)
            message = undefined
          }
          continue
        }
        if (prefixed === 0 && at + 4 <= chunk.length) {
          prefix.writeUInt32BE(chunk.readUInt32BE(at))
          at += 4
          prefixed = 4
        }
        while (prefixed < 4 && at < chunk.length) prefix[prefixed++] = chunk[at++] as number
        if (prefixed < 4) continue
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
      callback()
    }
  })
}

const subjects: Record<string, () => Writable> = {
  [byHand]: single,
  [frameStreamName]: () => counted(frameStream({ maxSize: 16 * mebibyte })),
  [lengthPrefixedName]: () => counted(lengthPrefixedStream({ limit: 16 * mebibyte })),
  [ours]: () =>
    createMessageDecoder().on('data', (message: PooledMessage) => {
      sum.bytes += message.buffer.length
      sum.messages++
      message.release()
    })
}

/** Bytes into messages, beside peers and a single pass by hand. */
export async function decoder(short: boolean): Promise<string> {
  const names = Object.keys(subjects)
  const rows: string[][] = []
  for (const column of Object.keys(columns)) {
    const runs = new Map<string, number[]>(names.map((name) => [name, []]))
    for (let round = 0; round < (short ? 1 : 5); round++) {
      for (const name of names) {
        progress(`decoder: ${column}, ${name}, round ${round + 1}`)
        runs.get(name)?.push(await inSubprocess<number>(self, ['rate', name, column, short ? '4' : '1']))
      }
    }
    const rate = (name: string) => runs.get(name) as number[]
    const over = (other: (round: number) => number) => median(rate(ours).map((own, round) => own / other(round)))
    const overPeer = over((round) => Math.max(rate(frameStreamName)[round] as number, rate(lengthPrefixedName)[round] as number))
    const overHand = over((round) => rate(byHand)[round] as number)
    rows.push([
      column,
      ...names.map((name) => figure(median(rate(name)))),
      figure(overPeer),
      verdict(overPeer, { least: 1.3 }),
      figure(overHand),
      verdict(overHand, { least: 0.9 })
    ])
  }
  const whole = await wholeProcess(short)
  const linear = await costByLength(short)
  progress('decoder: unfinished messages')
  const each = await inSubprocess<{ heap: number; rss: number }>(self, ['promised'])
  progress('')
  return [
    table(['messages, MB/s', ...names, '× better peer', 'bar', '× by hand', 'bar'], rows),
    whole,
    linear,
    `5 000 decoders, each promised 10 MiB and given 6 bytes: ${figure(each.heap / kibibyte)} KiB each of heap and buffers, ${figure(each.rss / kibibyte)} KiB of RSS, ≤ 4: ${verdict(each.heap / kibibyte, { most: 4 })}`
  ].join('\n\n')
}

/** 1.3 million messages of 100 B: processor time of all threads from the first chunk on, with compiling and collecting. */
export async function wholeProcess(short: boolean): Promise<string> {
  const names = Object.keys(subjects)
  const runs = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round < (short ? 3 : 9); round++) {
    for (const name of names) {
      progress(`decoder: whole process, ${name}, round ${round + 1}`)
      runs.get(name)?.push(await inSubprocess<number>(self, ['whole', name]))
    }
  }
  const ms = (name: string) => runs.get(name) as number[]
  const peers = (round: number) => Math.min(ms(frameStreamName)[round] as number, ms(lengthPrefixedName)[round] as number)
  const ratio = median(ms(ours).map((own, round) => peers(round) / own))
  const row = ['100 B', ...names.map((name) => figure(median(ms(name)))), figure(ratio), verdict(ratio, { least: 1.3 })]
  return table(['128 MiB, ms of the whole process', ...names, '× better peer', 'bar'], [row])
}

async function costByLength(short: boolean): Promise<string> {
  const runs = new Map<number, number[]>(lengths.map((bytes) => [bytes, []]))
  for (let round = 0; round < (short ? 1 : 5); round++) {
    for (const bytes of lengths) {
      progress(`decoder: cost by length, ${bytes}`)
      runs.get(bytes)?.push(await inSubprocess<number>(self, ['length', String(bytes), short ? '64' : '256']))
    }
  }
  const cost = (bytes: number) => 1e6 / median(runs.get(bytes) as number[])
  const head = ['cost by length, chunks of 64 KiB', ...lengths.map((bytes) => `${bytes / kibibyte} KiB`)]
  return table(head, [['µs per MB', ...lengths.map((bytes) => figure(cost(bytes)))]])
}

function framesOf(name: string, bytes: number): Buffer {
  const message = Buffer.alloc(bytes, 1)
  if (name !== lengthPrefixedName) {
    const prefix = Buffer.alloc(4)
    prefix.writeUInt32BE(bytes)
    return Buffer.concat([prefix, message])
  }
  const groups: number[] = []
  let rest = bytes
  for (; rest > 127; rest >>= 7) groups.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([...groups, rest]), message])
}

/** MB/s; or, from the first chunk on, ms of processor time. */
async function rateOf(name: string, messageBytes: number, chunkBytes: number, bytes: number, isWhole = false): Promise<number> {
  const frame = framesOf(name, messageBytes)
  const count = Math.max(1, Math.round((8 * mebibyte) / frame.length))
  const stream = Buffer.concat(Array.from({ length: count }, () => frame))
  const chunks: Buffer[] = []
  // Each chunk in memory of its own, as a socket brings them.
  for (let from = 0; from < stream.length; from += chunkBytes) {
    chunks.push(Buffer.from(new Uint8Array(stream.subarray(from, from + chunkBytes)).buffer))
  }
  const make = subjects[name] as () => Writable
  const pass = async (rounds: number): Promise<number> => {
    const subject = make()
    sum.bytes = 0
    // A stream begins to flow in the turn after somebody listened; sockets bring nothing before.
    await new Promise((resolve) => setImmediate(resolve))
    const began = performance.now()
    for (let round = 0; round < rounds; round++) {
      for (const chunk of chunks) if (!subject.write(chunk)) await new Promise((resolve) => subject.once('drain', resolve))
    }
    const passed = performance.now() - began
    // The last message may wait for the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    if (sum.bytes !== rounds * count * messageBytes) throw new Error(`${name} lost messages: ${sum.bytes} bytes came`)
    return (rounds * count * messageBytes) / 1000 / passed
  }
  const rounds = Math.max(1, Math.round(bytes / stream.length))
  if (isWhole) {
    const before = process.cpuUsage()
    await pass(rounds)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  await pass(Math.max(1, rounds >> 2))
  return pass(rounds)
}

async function promised(): Promise<{ heap: number; rss: number }> {
  const count = 5000
  const claim = Buffer.from([0, 160, 0, 0, 1, 2])
  const warm = createMessageDecoder()
  warm.write(claim)
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  const before = process.memoryUsage()
  const decoders = Array.from({ length: count }, () => createMessageDecoder())
  for (const one of decoders) one.write(claim)
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  const after = process.memoryUsage()
  if (decoders.some((one) => one.destroyed || one.writableLength > 0)) throw new Error('a decoder failed')
  const bytes = (usage: NodeJS.MemoryUsage) => usage.heapUsed + usage.external
  return { heap: (bytes(after) - bytes(before)) / count, rss: (after.rss - before.rss) / count }
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [what, ...rest] = parameters
  if (what === 'rate') {
    const [messageBytes, chunkBytes, bytes] = columns[rest[1] as string] as (typeof columns)[string]
    console.log(await rateOf(rest[0] as string, messageBytes, chunkBytes, bytes / Number(rest[2])))
  } else if (what === 'whole') console.log(await rateOf(rest[0] as string, 100, 64 * kibibyte, 128 * mebibyte, true))
  else if (what === 'length') console.log(await rateOf(ours, Number(rest[0]), 64 * kibibyte, Number(rest[1]) * mebibyte))
  else console.log(JSON.stringify(await promised()))
}
