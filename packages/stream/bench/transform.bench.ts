import { Transform, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Lease, SizeClassPool } from '@pool/core'
import { pooledTransform } from '@pool/stream'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table } from '../../../tooling/bench-kit/src/table.js'

const self = fileURLToPath(import.meta.url)
const chunkBytes = 65_536

/** What a chunk needs of scratch, and how much of that is output. */
const works = {
  'output as long as the chunk': { scratch: chunkBytes, output: chunkBytes },
  'scratch of 16 chunks, a chunk of output': { scratch: 16 * chunkBytes, output: chunkBytes },
  'scratch of 16 chunks, 1 KiB of output': { scratch: 16 * chunkBytes, output: 1024 }
}
type Work = (typeof works)[keyof typeof works]

function use(chunk: Buffer, scratch: Buffer, { scratch: bytes, output }: Work): number {
  for (let offset = 0; offset < bytes; offset += chunkBytes) chunk.copy(scratch, offset)
  return output
}

const pool = new SizeClassPool({ clear: 'never' })
const transforms = {
  'Transform, allocUnsafe': (work: Work) =>
    new Transform({
      transform: (chunk: Buffer, _encoding, callback) => {
        const scratch = Buffer.allocUnsafe(work.scratch)
        callback(null, scratch.subarray(0, use(chunk, scratch, work)))
      }
    }),
  "PooledTransform, 'copy'": (work: Work) =>
    pooledTransform({ pool, scratchBytes: work.scratch, transform: (chunk, scratch) => use(chunk, scratch, work) }),
  "PooledTransform, 'lease'": (work: Work) =>
    pooledTransform({ pool, output: 'lease', scratchBytes: work.scratch, transform: (chunk, scratch) => use(chunk, scratch, work) })
}

/** Chunks of 64 KiB through a transform that fills scratch memory. */
export async function transform(short: boolean): Promise<string> {
  const rows: string[][] = []
  const names = Object.keys(transforms)
  for (const work of Object.keys(works)) {
    const runs = new Map<string, number[]>(names.map((name) => [name, []]))
    for (let round = 0; round < (short ? 3 : 7); round++) {
      for (const name of names) {
        progress(`transform: ${work}, ${name}, round ${round + 1}`)
        runs.get(name)?.push(await inSubprocess<number>(self, [name, work, short ? '2000' : '6000']))
      }
    }
    const plain = runs.get(names[0] as string) as number[]
    for (const name of names) {
      const own = runs.get(name) as number[]
      rows.push([`${work}: ${name}`, figure(median(own)), figure(median(own.map((us, round) => (plain[round] as number) / us)))])
    }
  }
  progress('')
  return table(['chunks of 64 KiB', 'µs', '× faster'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [name, workName, count] = parameters as [keyof typeof transforms, keyof typeof works, string]
  const chunk = Buffer.alloc(chunkBytes, 1)
  const sink = (stream: Transform) =>
    stream.pipe(
      new Writable({
        objectMode: true,
        write: (part: Buffer | Lease, _encoding, callback) => {
          if ('release' in part) part.release()
          callback()
        }
      })
    )
  const run = async (chunks: number) => {
    const stream = transforms[name](works[workName])
    const done = new Promise((resolve) => sink(stream).on('finish', () => resolve(undefined)))
    for (let index = 0; index < chunks; index++) if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve))
    stream.end()
    await done
  }
  await run(Number(count) / 5)
  const began = performance.now()
  await run(Number(count))
  console.log(JSON.stringify(((performance.now() - began) * 1000) / Number(count)))
}
