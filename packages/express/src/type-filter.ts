import type { IncomingMessage } from 'node:http'
import typeis from 'type-is'

/** Decides by its content type whether a request is read. */
export class TypeFilter {
  readonly #types: string[]
  // Clients of one route send one type, so one remembered header spares most of the parsing.
  #lastHeader: string | undefined = undefined
  #lastMatch = false

  /** A filter that lets `types` through, as `type-is` understands them. */
  constructor(types: readonly string[]) {
    this.#types = [...types]
  }

  /** Whether the type of `request` is among them. */
  matches(request: IncomingMessage): boolean {
    const header = request.headers['content-type']
    if (header === undefined) return false
    if (header !== this.#lastHeader) {
      this.#lastMatch = Boolean(typeis.is(header, this.#types))
      this.#lastHeader = header
    }
    return this.#lastMatch
  }
}
