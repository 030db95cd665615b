import { fileURLToPath } from 'node:url'
import { SizeClassPool } from '@pool/core'
import { MessageStreamProcessor, type MessageStreamProcessorOptions } from '@pool/stream'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const self = fileURLToPath(import.meta.url)
const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const chunkBytes = 64 * kibibyte

const ways: Record<string, Omit<MessageStreamProcessorOptions, 'handler'>> = {
  'one at a time': {},
  '64 at a time': { concurrency: 64 },
  '64 at a time, in order': { concurrency: 64, ordered: true }
}

/** Messages of 1 KiB by an async handler; and memory over many GiB. */
export async function processor(short: boolean): Promise<string> {
  const rows: string[][] = []
  const runs = new Map<string, Rate[]>(Object.keys(ways).map((way) => [way, []]))
  for (let round = 0; round < (short ? 1 : 5); round++) {
    for (const way of Object.keys(ways)) {
      progress(`processor: ${way}, round ${round + 1}`)
      runs.get(way)?.push(await inSubprocess<Rate>(self, ['rate', way, short ? '200000' : '1000000']))
    }
  }
  for (const [way, rates] of runs) {
    const rate = median(rates.map(({ perSecond }) => perSecond))
    const lost = Math.max(...rates.map((run) => run.lost))
    const misplaced = Math.max(...rates.map((run) => run.misplaced))
    rows.push([way, figure(rate), verdict(rate, { least: 200_000 }), figure(lost), verdict(lost, { most: 0 }), figure(misplaced)])
  }
  const total = short ? '0.25' : '10'
  const memory: string[][] = []
  for (const bytes of [kibibyte, mebibyte, 10 * mebibyte]) {
    progress(`processor: memory, messages of ${bytes}`)
    const grown = (await inSubprocess<number>(self, ['memory', String(bytes), total])) / mebibyte
    memory.push([`${bytes / kibibyte} KiB`, figure(grown), verdict(grown, { most: 32 })])
  }
  progress('')
  return [
    table(['messages of 1 KiB, async handler', 'per second', 'bar', 'lost', 'bar', 'out of order'], rows),
    table([`${total} GiB of messages of`, 'RSS rose by MiB', 'bar'], memory)
  ].join('\n\n')
}

interface Rate {
  readonly perSecond: number
  readonly lost: number
  readonly misplaced: number
}

/** Chunks that hold whole streams of such messages, each message numbered. */
function chunksOf(messageBytes: number, bytes: number): { readonly chunks: Buffer[]; readonly count: number } {
  const count = Math.ceil(bytes / messageBytes)
  const stream = Buffer.alloc(count * (messageBytes + 4), 1)
  for (let index = 0, at = 0; index < count; index++, at += messageBytes + 4) {
    stream.writeUInt32BE(messageBytes, at)
    stream.writeUInt32BE(index, at + 4)
  }
  const chunks: Buffer[] = []
  for (let from = 0; from < stream.length; from += chunkBytes) {
    chunks.push(Buffer.from(new Uint8Array(stream.subarray(from, from + chunkBytes)).buffer))
  }
  return { chunks, count }
}

async function write(subject: MessageStreamProcessor, chunks: readonly Buffer[], rounds: number, between: () => void): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const chunk of chunks) if (!subject.write(chunk)) await new Promise((resolve) => subject.once('drain', resolve))
    between()
  }
  subject.end()
  await new Promise((resolve) => subject.once('finish', resolve))
}

async function rateOf(way: string, messages: number): Promise<Rate> {
  const { chunks, count } = chunksOf(kibibyte, 16 * mebibyte)
  const rounds = Math.ceil(messages / count)
  let misplaced = 0
  const pass = async (times: number): Promise<Rate> => {
    let last = -1
    misplaced = 0
    let sum = 0
    const subject = new MessageStreamProcessor({
      ...ways[way],
      handler: async (message) => {
        const number = message.readUInt32BE(0)
        await undefined
        sum += message.length
        return number
      }
    })
    subject.on('result', (number: number) => {
      if (number !== (last + 1) % count) misplaced++
      last = number
    })
    const began = performance.now()
    await write(subject, chunks, times, () => {})
    const seconds = (performance.now() - began) / 1000
    return { perSecond: (times * count) / seconds, lost: times * count - sum / kibibyte, misplaced }
  }
  await pass(2)
  return pass(rounds)
}

/** By how many bytes RSS rises after the first sixteenth. */
async function memoryOf(messageBytes: number, gibibytes: number): Promise<number> {
  const pool = new SizeClassPool({ clear: 'never', maxClassBytes: 16 * mebibyte })
  const { chunks, count } = chunksOf(messageBytes, 16 * mebibyte)
  const rounds = Math.ceil((gibibytes * 1024 * mebibyte) / (count * messageBytes))
  let handled = 0
  const subject = new MessageStreamProcessor({
    pool,
    handler: async (message) => {
      await undefined
      handled += message.length
    }
  })
  let round = 0
  let first = 0
  let most = 0
  await write(subject, chunks, rounds, () => {
    const { rss } = process.memoryUsage()
    if (++round === Math.ceil(rounds / 16)) first = rss
    most = Math.max(most, rss)
  })
  if (handled !== rounds * count * messageBytes) throw new Error('messages were lost')
  return Math.max(0, most - first)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [what, first, second] = parameters
  console.log(
    JSON.stringify(what === 'rate' ? await rateOf(first as string, Number(second)) : await memoryOf(Number(first), Number(second)))
  )
}
