import type { FragmentHeader } from './fragment-header.js'

/** The properties of an entry that the table uses. */
interface Entry {
  readonly header: FragmentHeader
  readonly source: unknown
}

/** An entry between the one before it and the one after it. */
interface Link<E> {
  readonly entry: E
  older: Link<E> | undefined
  newer: Link<E> | undefined
}

/**
 * Messages by source and id, and in the order in which they were entered. Linked, since the first of a `Set` is found by passing all
 * that was deleted before it: 350 ns among 1024.
 */
export class MessageTable<E extends Entry> {
  readonly #bySource = new Map<unknown, Map<bigint, Link<E>>>()
  #oldest: Link<E> | undefined
  #newest: Link<E> | undefined
  #size = 0

  /** How many there are. */
  get size(): number {
    return this.#size
  }

  /** The one entered first. */
  get oldest(): E | undefined {
    return this.#oldest?.entry
  }

  /** The message of that id. */
  get(source: unknown, messageId: bigint): E | undefined {
    return this.#bySource.get(source)?.get(messageId)?.entry
  }

  /** All of one source. */
  of(source: unknown): E[] {
    return [...(this.#bySource.get(source)?.values() ?? [])].map(({ entry }) => entry)
  }

  /** Enters a message, of which there is none with its source and id. */
  add(entry: E): void {
    const link: Link<E> = { entry, older: this.#newest, newer: undefined }
    const byId = this.#bySource.get(entry.source)
    if (byId === undefined) this.#bySource.set(entry.source, new Map([[entry.header.messageId, link]]))
    else byId.set(entry.header.messageId, link)
    if (this.#newest === undefined) this.#oldest = link
    else this.#newest.newer = link
    this.#newest = link
    this.#size++
  }

  /** Takes a message out that is there. */
  delete({ header, source }: E): void {
    const byId = this.#bySource.get(source)
    const link = byId?.get(header.messageId)
    if (byId === undefined || link === undefined) return
    byId.delete(header.messageId)
    if (byId.size === 0) this.#bySource.delete(source)
    if (link.older === undefined) this.#oldest = link.newer
    else link.older.newer = link.newer
    if (link.newer === undefined) this.#newest = link.older
    else link.newer.older = link.older
    this.#size--
  }
}
