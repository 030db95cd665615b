import { randomFillSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { BufferPool } from '@pool/core'
import { SecureBufferPool, type SecureBufferPoolOptions } from '@pool/secure'
import { type Comparison, interleave } from '../../../tooling/bench-kit/src/interleave.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const self = fileURLToPath(import.meta.url)

/** What a cycle is measured against; each does the same by hand. */
const floors: Record<string, (bytes: number) => () => void> = {
  'core + 2 fill(0)': (bytes) => {
    const pool = new BufferPool({ bufferSize: bytes, initialSize: 8, clear: 'never', leakDetection: 'count' })
    return cycle('const secret = pool.acquire(); secret.fill(0); secret[0] = 1; secret.fill(0); pool.release(secret)', { pool })
  },
  '2 randomFillSync': (bytes) => {
    const secret = Buffer.alloc(bytes)
    return cycle('randomFillSync(secret); secret[0] = 1; randomFillSync(secret)', { secret, randomFillSync })
  }
}

const subjects: Record<string, (bytes: number) => () => void> = {
  'heap, zero': (bytes) => acquireRelease({ backing: 'heap' }, bytes),
  'heap, zero, 8 lengths mixed': (bytes) => mixedLengths({ backing: 'heap' }, bytes),
  'heap, zero, lease': (bytes) => lease({ backing: 'heap' }, bytes),
  'heap, zero, withSecretSync': (bytes) => withSecretSync({ backing: 'heap' }, bytes),
  'heap, random': (bytes) => acquireRelease({ backing: 'heap', fill: 'random' }, bytes),
  'sodium, zero': (bytes) => acquireRelease({ backing: 'sodium' }, bytes),
  'sodium, random': (bytes) => acquireRelease({ backing: 'sodium', fill: 'random' }, bytes)
}

/**
 * Which is measured against which, at how many bytes, and the bar: at the most so many times the cost, at least so many times faster, or at the
 * most so many ns.
 */
const pairs: readonly (readonly [
  subject: string,
  floor: string,
  bytes: number,
  bar?: { most?: number; least?: number; mostNs?: number }
])[] = [
  ['heap, zero', 'core + 2 fill(0)', 32, { most: 1.25 }],
  ['heap, zero', 'core + 2 fill(0)', 4096, { most: 1.25 }],
  ['heap, zero, 8 lengths mixed', 'core + 2 fill(0)', 32, { mostNs: 150 }],
  ['heap, zero, 8 lengths mixed', 'core + 2 fill(0)', 4096, { mostNs: 250 }],
  ['heap, zero, lease', 'core + 2 fill(0)', 32],
  ['heap, zero, withSecretSync', 'core + 2 fill(0)', 32],
  ['sodium, zero', 'core + 2 fill(0)', 32],
  ['sodium, zero', 'core + 2 fill(0)', 4096],
  ['heap, random', '2 randomFillSync', 32, { least: 4 }],
  ['heap, random', '2 randomFillSync', 4096, { least: 1.8 }],
  ['sodium, random', '2 randomFillSync', 32],
  ['sodium, random', '2 randomFillSync', 4096]
]

/** One acquire, one byte touched, one release, beside the same work by hand. */
export async function cycles(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const [subject, floor, bytes, bar] of pairs) {
    progress(`${subject}, ${bytes} B`)
    const { floorNs, subjectNs, ratio } = await inSubprocess<Comparison>(self, [subject, floor, String(bytes), short ? '5' : '25'])
    const faster = floor === '2 randomFillSync'
    const shown = faster ? 1 / ratio : ratio
    const what = `${figure(shown)} × ${faster ? 'faster' : 'the cost'}`
    const kept = bar?.mostNs === undefined ? verdict(shown, bar) : `${verdict(subjectNs, { most: bar.mostNs })}, ns`
    rows.push([subject, `${bytes}`, figure(subjectNs), floor, figure(floorNs), what, kept])
  }
  progress('')
  return table(['acquire + touch + release', 'bytes', 'ns', 'by hand', 'ns', 'ratio', 'bar'], rows)
}

function acquireRelease(options: SecureBufferPoolOptions, bytes: number): () => void {
  const pool = new SecureBufferPool(options)
  return cycle(`const secret = pool.acquire(${bytes}); secret[0] = 1; pool.release(secret)`, { pool })
}

/** The lengths lie a sixteenth of `bytes` apart, the longest is `bytes`; of one class, each needs a view of another length. */
function mixedLengths(options: SecureBufferPoolOptions, bytes: number): () => void {
  const pool = new SecureBufferPool(options)
  const lengths = Array.from({ length: 8 }, (_, index) => bytes - (index * bytes) / 16)
  return cycle('const secret = pool.acquire(lengths[index & 7]); secret[0] = 1; pool.release(secret)', { pool, lengths })
}

function lease(options: SecureBufferPoolOptions, bytes: number): () => void {
  const pool = new SecureBufferPool(options)
  return cycle(`const lease = pool.lease(${bytes}); lease.buffer[0] = 1; lease.release()`, { pool })
}

function withSecretSync(options: SecureBufferPoolOptions, bytes: number): () => void {
  const pool = new SecureBufferPool(options)
  return cycle(`pool.withSecretSync(${bytes}, (secret) => { secret[0] = 1 })`, { pool })
}

/** From text, so that each gets a function of its own and none finds another's feedback. */
function cycle(body: string, scope: Record<string, unknown>): () => void {
  const names = Object.keys(scope)
  return new Function(...names, `return () => { for (let index = 0; index < 64; index++) { ${body} } }`)(...Object.values(scope))
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [subject = '', floor = '', size, rounds] = parameters
  const bytes = Number(size)
  const work = subjects[subject]?.(bytes) as () => void
  console.log(JSON.stringify(await interleave(floors[floor]?.(bytes) as () => void, work, 64, Number(rounds))))
}
