/** Messages as `u32be` frames them. */
export function u32be(...messages: (string | Buffer)[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => [lengthOf(message), Buffer.from(message)]))
}

/** Messages of less than 2^21 bytes as `varint` frames them. */
export function varint(...messages: (string | Buffer)[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => [varintOf(Buffer.byteLength(message)), Buffer.from(message)]))
}

function lengthOf(message: string | Buffer): Buffer {
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE(Buffer.byteLength(message))
  return prefix
}

function varintOf(value: number): Buffer {
  return Buffer.from(
    value < 128
      ? [value]
      : value < 16_384
        ? [(value % 128) | 128, value >> 7]
        : [(value % 128) | 128, ((value >> 7) % 128) | 128, value >> 14]
  )
}
