import { SizeClassPool } from '@pool/core'
import { MessageReassembler, splitMessage } from '@pool/stream'

const pool = new SizeClassPool()
const message = Buffer.alloc(100_000, 'pool')

// Fragments of 16 KiB at most. Header and piece are two parts, and the piece is a view: copy them, or write one after the other.
const network: Buffer[] = []
for (const fragment of splitMessage(message)) {
  const bytes = Buffer.allocUnsafe(fragment.byteLength)
  fragment.copyTo(bytes)
  network.push(bytes)
}
console.log(network.length)

// They may come in any order, and twice.
network.reverse()
network.push(...network.slice(0, 2))

const reassembler = new MessageReassembler({ pool, onExpire: ({ messageId }) => console.warn(`message ${messageId} never became whole`) })
for (const fragment of network) {
  const lease = reassembler.add(fragment, 'peer 1')
  if (lease === undefined) continue
  console.log(lease.buffer.equals(message))
  lease.release()
}
console.log(reassembler.stats().late, pool.stats().inUse)

reassembler.close()
pool.destroy()
