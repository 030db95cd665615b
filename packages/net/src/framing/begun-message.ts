import type { ConnectionReader } from '../reading/connection-reader.js'

/** Length not known yet. */
export const unknown = -1

/** The message of a connection whose length was consumed, and not the message itself. */
export class BegunMessage {
  readonly #reader: ConnectionReader
  /** Where it begins: bytes from the beginning of the connection. */
  #at = 0
  /** Its bytes; `unknown` while no message is begun. */
  bytes = unknown

  constructor(reader: ConnectionReader) {
    this.#reader = reader
  }

  /** A message of `bytes` begins with the next byte. */
  begin(bytes: number): void {
    this.bytes = bytes
    this.#at = this.#reader.intake.consumedBytes
  }

  /** Begun no more: all of it is read. */
  end(): void {
    this.bytes = unknown
  }

  /** Forgets it where reads of the connection itself took bytes of it: the next message then begins where those ended. */
  checkUntouched(): void {
    if (this.#at !== this.#reader.intake.consumedBytes) this.end()
  }
}

const ofReaders = new WeakMap<ConnectionReader, BegunMessage>()

/** That of the connection, which all of its {@link FramedConnection}s share: each of them may read the message that another has begun. */
export function begunMessageOf(reader: ConnectionReader): BegunMessage {
  let begun = ofReaders.get(reader)
  if (begun === undefined) {
    begun = new BegunMessage(reader)
    ofReaders.set(reader, begun)
  }
  return begun
}
