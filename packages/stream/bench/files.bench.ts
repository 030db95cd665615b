import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { SizeClassPool } from '@pool/core'
import { peakResidentBytes } from '@pool/core/kit'
import { createPooledReadStream, pooledFileChunks } from '@pool/stream'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { withFile } from './temp-file.js'

const self = fileURLToPath(import.meta.url)
const MiB = 2 ** 20

interface Run {
  readonly mibPerSecond: number
  readonly peakRssMiB: number
}

/** Reads the whole file in chunks and looks at a byte of each, or pipes it away. */
const readers: Record<string, (path: string, chunkBytes: number) => Promise<number>> = {
  createReadStream: async (path, chunkBytes) => {
    let sum = 0
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) sum += chunk[0]
    return sum
  },
  'by hand: one buffer, FileHandle.read': async (path, chunkBytes) => {
    let sum = 0
    const file = await open(path)
    const buffer = Buffer.allocUnsafeSlow(chunkBytes)
    while ((await file.read(buffer, 0, chunkBytes, null)).bytesRead > 0) sum += buffer[0] as number
    await file.close()
    return sum
  },
  pooledFileChunks: async (path, chunkBytes) => {
    let sum = 0
    for await (const lease of pooledFileChunks(path, { pool: ours(), chunkBytes })) {
      sum += lease.buffer[0] as number
      lease.release()
    }
    return sum
  },
  "createPooledReadStream, 'release'": async (path, chunkBytes) => {
    let sum = 0
    const stream = createPooledReadStream(path, { pool: ours(), chunks: 'release', highWaterMark: chunkBytes })
    for await (const chunk of stream) {
      sum += chunk[0]
      stream.release(chunk)
    }
    return sum
  }
}

let pool: SizeClassPool | undefined
function ours(): SizeClassPool {
  pool ??= new SizeClassPool({ clear: 'never' })
  return pool
}

/** A file in the page cache, read in chunks: throughput, and the memory of the process that did it. */
export async function files(short: boolean): Promise<string> {
  const fileMiB = short ? 64 : 512
  return withFile(fileMiB * MiB, async (path) => {
    const sections: string[] = []
    for (const chunkBytes of [64 * 1024, MiB]) sections.push(await sectionOf(path, fileMiB, chunkBytes, short ? 3 : 7))
    return sections.join('\n\n')
  })
}

async function sectionOf(path: string, fileMiB: number, chunkBytes: number, rounds: number): Promise<string> {
  const names = Object.keys(readers)
  const runs = new Map<string, Run[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      progress(`files: ${chunkBytes / 1024} KiB, ${name}, round ${round + 1}`)
      runs.get(name)?.push(await inSubprocess<Run>(self, [name, path, String(chunkBytes)]))
    }
  }
  progress('')
  const figures = (name: string, key: keyof Run) => (runs.get(name) ?? []).map((run) => run[key])
  const rows = names.map((name) => {
    const peer = 'createReadStream'
    const faster = median(figures(name, 'mibPerSecond').map((one, round) => one / (figures(peer, 'mibPerSecond')[round] as number)))
    const rss = median(figures(name, 'peakRssMiB'))
    const isBarred = name === 'pooledFileChunks' && chunkBytes === MiB
    return [
      name,
      figure(median(figures(name, 'mibPerSecond'))),
      figure(faster),
      verdict(faster, isBarred ? { least: 1.6 } : undefined),
      figure(rss),
      verdict(Math.round(rss), isBarred ? { most: Math.round(median(figures(peer, 'peakRssMiB'))) } : undefined)
    ]
  })
  return table([`a cached file of ${fileMiB} MiB, chunks of ${chunkBytes / 1024} KiB`, 'MiB/s', '× fs', 'bar', 'peak RSS MiB', 'bar'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [name, path, chunkBytes] = parameters as [string, string, string]
  const reader = readers[name] as (path: string, chunkBytes: number) => Promise<number>
  const { size } = await stat(path)
  await reader(path, Number(chunkBytes))
  const began = performance.now()
  for (let pass = 0; pass < 3; pass++) await reader(path, Number(chunkBytes))
  const seconds = (performance.now() - began) / 1000
  console.log(JSON.stringify({ mibPerSecond: (3 * size) / MiB / seconds, peakRssMiB: peakResidentBytes() / MiB }))
}
