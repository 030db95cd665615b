import type { BufferSource, Lease } from '@pool/core'

/** Around what is copied beside words, of one read, and of several. */
const sizes = [4, 300, 1024, 1025, 5000, 70_000]

/** A message that carries its number, and no byte that any other message of another remainder by 256 has. */
export function numberedMessage(pool: BufferSource<Buffer>, number: number): Lease<Buffer> {
  const lease = pool.lease(sizes[number % sizes.length] as number)
  lease.buffer.fill(number & 255)
  lease.buffer.writeUInt32LE(number)
  return lease
}

/** The number of a message; throws where any byte is another than was sent. */
export function numberOf(message: Buffer): number {
  const number = message.readUInt32LE()
  const isWhole = message.length === sizes[number % sizes.length] && message.subarray(4).every((byte) => byte === (number & 255))
  if (!isWhole) throw new Error(`message ${number} has other bytes than were sent`)
  return number
}
