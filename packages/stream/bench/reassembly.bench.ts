import { fileURLToPath } from 'node:url'
import { SizeClassPool } from '@pool/core'
import { MessageReassembler, splitMessage } from '@pool/stream'
import { type Comparison, interleave } from '../../../tooling/bench-kit/src/interleave.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table } from '../../../tooling/bench-kit/src/table.js'
import { crc32 } from '../src/fragments/crc32.js'

const self = fileURLToPath(import.meta.url)
const maxFragmentBytes = 16_384
const sizes = { '64 KiB': 2 ** 16, '256 KiB': 2 ** 18, '1 MiB': 2 ** 20, '8 MiB': 2 ** 23 }
const orders = ['in order', 'backwards'] as const

/**
 * Messages split into fragments of 16 KiB, each copied into memory of its own as a network would, and made whole again; beside the
 * same pieces collected, concatenated and checked by the same CRC-32.
 */
export async function reassembly(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const [name, bytes] of Object.entries(sizes)) {
    for (const order of orders) {
      progress(`reassembly: ${name}, ${order}`)
      const { floorNs, subjectNs, ratio } = await inSubprocess<Comparison>(self, [String(bytes), order, short ? '3' : '7'])
      const rate = (ns: number) => figure((bytes * 1000) / ns)
      rows.push([`${name}, ${order}`, rate(floorNs), rate(subjectNs), figure(1 / ratio)])
    }
  }
  progress('')
  return table(['split, copied, made whole', 'Buffer.concat MB/s', 'ours MB/s', '× faster'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [size, order, rounds] = parameters as [string, (typeof orders)[number], string]
  const message = Buffer.alloc(Number(size), 'some bytes')
  // Classes that reach the longest message: above them each would be allocated anew.
  const pool = new SizeClassPool({ clear: 'never', maxClassBytes: 2 ** 24 })
  const reassembler = new MessageReassembler({ pool })
  const ordered = <T>(items: T[]) => (order === 'in order' ? items : items.reverse())
  const network = Buffer.alloc(maxFragmentBytes)

  const byHand = () => {
    const checksum = crc32(message)
    const pieces: Buffer[] = []
    for (let at = 0; at < message.length; at += maxFragmentBytes) {
      const piece = message.subarray(at, at + maxFragmentBytes)
      network.set(piece)
      pieces.push(Buffer.from(network.subarray(0, piece.length)))
    }
    if (crc32(Buffer.concat(pieces)) !== checksum) throw new Error('other bytes')
  }
  const ours = () => {
    for (const fragment of ordered([...splitMessage(message, { maxFragmentBytes })])) {
      const bytes = fragment.copyTo(network)
      reassembler.add(network.subarray(0, bytes))?.release()
    }
  }
  console.log(JSON.stringify(await interleave(byHand, ours, 1, Number(rounds))))
}
