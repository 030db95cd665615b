import type { CorpusMessage } from './corpus.js'

/** A message that came back. */
export interface Received {
  /** The id that it came with. */
  readonly id: string | undefined
  /** Valid until {@link Received.release}. */
  readonly bytes: Uint8Array
  /** The fault in the form in which Redis had it. */
  readonly malformed?: string
  /** Gives its memory back. */
  release(): void
}

/** One end of a way through Redis: the sender. */
export interface Sender {
  readonly name: string
  send(message: CorpusMessage): Promise<void>
  close(): Promise<void>
}

/** The other end: the receiver, which takes messages in the order in which they were sent. */
export interface Receiver {
  readonly name: string
  /** Exactly `count`; rejects where they do not come. */
  receive(count: number): Promise<Received[]>
  close(): Promise<void>
}

/** A way through Redis. */
export interface Route {
  readonly name: string
  /** Messages beyond are left out. */
  readonly maxBytes: number
  readonly sender: Sender
  readonly receiver: Receiver
}

/** How long a message may take to come, in ms. */
export const patienceMs = 20_000

/**
 * The result of `promise`, within {@link patienceMs}.
 * @throws (rejects) an error that says that a message is missing
 */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`a message did not come within ${patienceMs} ms`)), patienceMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Finds the fault in the fields of an entry that a queue wrote, if there is one: they are the content and `k` with the id.
 * @param content - `d` for the bytes, `p` where they lie beside the stream
 */
export function checkFields(names: readonly string[], content: 'd' | 'p'): { readonly malformed?: string } {
  const found = names.join(', ')
  return found === `${content}, k` ? {} : { malformed: `an entry has the fields ${found}, and ${content}, k were expected` }
}
