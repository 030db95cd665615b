import type { Framing } from '@pool/core/kit'

export const framings: readonly Framing[] = ['u32be', 'varint', 'newline']

/** The frame of one message, made as plainly as can be. */
export function frame(framing: Framing, message: Uint8Array): Buffer {
  if (framing === 'newline') return Buffer.concat([message, Buffer.from('\n')])
  return Buffer.concat([prefix(framing, message.length), message])
}

/** What stands before a message of so many bytes. */
export function prefix(framing: Framing, bytes: number): Buffer {
  if (framing === 'u32be') {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes)
    return length
  }
  const groups: number[] = []
  let rest = bytes
  do {
    const group = rest % 128
    rest = Math.floor(rest / 128)
    groups.push(rest > 0 ? group + 128 : group)
  } while (rest > 0)
  return Buffer.from(groups)
}

/** A stream of messages. */
export function framed(framing: Framing, messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(messages.map((message) => frame(framing, message)))
}

/** Bytes that are no newline, each message told from the next. */
export function messageOf(bytes: number, seed = 1): Buffer {
  const message = Buffer.alloc(bytes)
  for (let index = 0; index < bytes; index++) message[index] = 32 + ((index * 7 + seed * 13) % 90)
  return message
}

/** `bytes` cut where `cuts` has a bit set: bit n cuts behind byte n. */
export function cutBy(bytes: Buffer, cuts: number): Buffer[] {
  const chunks: Buffer[] = []
  let from = 0
  for (let at = 1; at < bytes.length; at++) {
    if ((cuts & (1 << (at - 1))) === 0) continue
    chunks.push(bytes.subarray(from, at))
    from = at
  }
  chunks.push(bytes.subarray(from))
  return chunks
}
