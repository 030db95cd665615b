import { fileURLToPath } from 'node:url'
import { SizeClassPool } from '@pool/core'
import { serializeBytes, serializeJson } from '@pool/stream'
import { type Comparison, interleave } from '../../../tooling/bench-kit/src/interleave.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table } from '../../../tooling/bench-kit/src/table.js'

const self = fileURLToPath(import.meta.url)
const kinds = ['JSON of ASCII', 'JSON with umlauts', 'bytes'] as const
const sizes = { '512 B': 512, '4 KiB': 4096, '64 KiB': 65_536, '1 MiB': 2 ** 20 }

/** Serialized and let go, beside what one would write without a pool. */
export async function serialize(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const kind of kinds) {
    for (const [name, bytes] of Object.entries(sizes)) {
      progress(`serialize: ${kind}, ${name}`)
      const { floorNs, subjectNs, ratio } = await inSubprocess<Comparison>(self, [kind, String(bytes), short ? '3' : '7'])
      rows.push([`${kind}, ${name}`, figure(floorNs), figure(subjectNs), figure(1 / ratio)])
    }
  }
  progress('')
  return table(['serialized and released', 'Buffer.from ns', 'ours ns', '× faster'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [kind, bytes, rounds] = parameters as [(typeof kinds)[number], string, string]
  const pool = new SizeClassPool({ clear: 'never' })
  const options = { pool }
  const word = kind === 'JSON with umlauts' ? 'größer, über-' : 'the pool of x-'
  const record = { id: 1, name: word, tags: [word, word], nested: { ok: true, text: word.repeat(4) } }
  const value = Array.from({ length: Math.max(1, Math.round(Number(bytes) / JSON.stringify(record).length)) }, () => record)
  const raw = Buffer.alloc(Number(bytes), 1)
  const work: Record<string, [() => void, () => void]> = {
    bytes: [() => void Buffer.from(raw), () => serializeBytes(raw, options).release()]
  }
  const json: [() => void, () => void] = [() => void Buffer.from(JSON.stringify(value)), () => serializeJson(value, options)?.release()]
  const [floor, subject] = work[kind] ?? json
  console.log(JSON.stringify(await interleave(floor, subject, 1, Number(rounds))))
}
