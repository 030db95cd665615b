import type { Lease, NonSharedBuffer } from '@pool/core'

/** A message that is sent through Redis and back. */
export interface CorpusMessage {
  /** Its name in the report. */
  readonly name: string
  /** Its id in the queue: its place in the corpus. */
  readonly id: string
  /** The bytes that have to come back. */
  readonly bytes: Buffer
  /** The same as text, where it is given as text. */
  readonly text?: string
}

/** Serializes into leased memory, as `serializeJson` of `@pool/stream` does with its pool. */
export type SerializeJson = (value: unknown) => Lease<NonSharedBuffer> | undefined

/** The options of the corpus. */
export interface CorpusOptions {
  /** The largest message, in bytes. */
  readonly maxBytes: number
  /** How many messages; beyond those that are always there, random ones. */
  readonly messages: number
  /** The seed of the random ones. */
  readonly seed: number
  /** The serializer that is compared with `JSON.stringify`; without it, that comparison is left out. */
  readonly serializeJson: SerializeJson | undefined
}

const texts: Record<string, string> = {
  'text: ASCII': 'plain',
  'text: of two, three and four bytes': 'é€𝄞',
  'text: the first and last of each length': '\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}',
  'text: a byte order mark': '\ufeffmark',
  'text: joined emoji and marks': '👩‍👩‍👧‍👦 e\u0301 \u202eright to left',
  'text: a lone surrogate': 'a\ud800b',
  'text: line ends and quotes': '\r\n\r\n"\'`\\\0',
  'text: words of the protocol': '*2\r\n$5\r\nhello\r\n+OK\r\n-ERR no\r\n:7\r\n_\r\n',
  'text: 3 bytes each beyond 4 KiB': '€'.repeat(1400)
}

const values: Record<string, unknown> = {
  null: null,
  'a string': 'a "quoted" \u2028 line',
  'an object': { id: 7, nested: { list: [1, 2.5, -0, 1e21], none: null, ключ: '值' } },
  'an array of 2000 objects': Array.from({ length: 2000 }, (_, at) => ({ at, name: `event ${at}`, on: at % 2 === 0 }))
}

/** Bytes that differ at each place, so that a shift by any distance shows. */
function pattern(bytes: number, seed: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1
  for (let at = 0; at < bytes; at++) {
    // xorshift32, Marsaglia 2003
    if (at % 4 === 0) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
    }
    buffer[at] = state >>> ((at % 4) * 8)
  }
  return buffer
}

/** Around each power of two, where size classes, thresholds and buffers end. */
function sizes(maxBytes: number): number[] {
  const found = new Set([0, maxBytes])
  for (let size = 1; size <= maxBytes; size *= 2) {
    for (const near of size <= 65_536 ? [size - 1, size, size + 1] : [size]) if (near <= maxBytes) found.add(near)
  }
  return [...found].sort((one, other) => one - other)
}

/** The messages, one after the other, each made when it is asked for. */
export function* corpus({ maxBytes, messages, seed, serializeJson }: CorpusOptions): Generator<CorpusMessage, void> {
  let count = 0
  const message = (name: string, bytes: Buffer, text?: string): CorpusMessage => ({
    name,
    id: String(count++),
    bytes,
    ...(text === undefined ? {} : { text })
  })
  for (let byte = 0; byte < 256; byte++) yield message(`the byte ${byte}`, Buffer.from([byte]))
  yield message('every byte value, 8 times', Buffer.from(Array.from({ length: 2048 }, (_, at) => at % 256)))
  yield message('bytes that are not UTF-8', Buffer.from([0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf5, 0xff, 0xfe, 0x80]))
  for (const [name, text] of Object.entries(texts)) yield message(name, Buffer.from(text), text)
  for (const [name, value] of Object.entries(values)) {
    const text = JSON.stringify(value)
    yield message(`JSON of ${name}`, Buffer.from(text), text)
    using lease = serializeJson?.(value)
    if (lease !== undefined) yield message(`serializeJson of ${name}`, Buffer.from(lease.buffer))
  }
  for (const size of sizes(maxBytes)) yield message(`${size} bytes`, pattern(size, seed + size))
  for (let state = seed; count < messages; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const size = Math.floor(2 ** ((state / 2 ** 32) * Math.log2(Math.min(maxBytes, 262_144) + 1)))
    yield message(`random ${size} bytes`, pattern(size, state))
  }
}
