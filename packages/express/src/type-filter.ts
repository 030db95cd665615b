import type { IncomingMessage } from 'node:http'
import { parse as parseContentType } from 'content-type'

/** RFC 6838, section 4.2: the names of a type and of a subtype. */
const mediaType = /^ *[a-z0-9][a-z0-9!#$&^_-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126} *$/i

/** A name that stands for a media type by the table of file extensions, such as `html`. */
const extension = /^[^/]+$/

/** Decides by its content type whether a request is read, by the rules of `type-is`. */
export class TypeFilter {
  readonly #wanted: string[]
  readonly #takesAll: boolean
  #loading: Promise<void> | undefined = undefined
  // Clients of one route send one type, so one remembered header spares most of the parsing.
  #lastHeader: string | undefined = undefined
  #lastMatch = false

  /** A filter that lets `types` through, as `type-is` understands them: an empty list lets every type through. */
  constructor(types: readonly unknown[]) {
    this.#takesAll = types.length === 0
    const names = types.filter((type) => typeof type === 'string').map((name) => spelledOut(name))
    this.#wanted = names.filter((name) => !extension.test(name))
    const extensions = names.filter((name) => extension.test(name))
    if (extensions.length > 0) this.#loading = this.#lookUp(extensions)
  }

  /** Resolves once {@link matches} knows the types of file extensions; `undefined` when it knows all. */
  get loading(): Promise<void> | undefined {
    return this.#loading
  }

  /** Whether the type of `request` is among them. */
  matches(request: IncomingMessage): boolean {
    const header = request.headers['content-type']
    if (header === undefined) return false
    if (header !== this.#lastHeader) {
      this.#lastMatch = this.#lets(header)
      this.#lastHeader = header
    }
    return this.#lastMatch
  }

  #lets(header: string): boolean {
    const { type } = parseContentType(header, { parameters: false })
    return mediaType.test(type) && (this.#takesAll || this.#wanted.some((wanted) => covers(wanted, type)))
  }

  /** The table of every extension takes as long to load as all else of this package: only where a name needs it. */
  async #lookUp(extensions: readonly string[]): Promise<void> {
    const { normalize } = (await import('type-is')).default
    this.#wanted.push(...extensions.map((name) => normalize(name)).filter((type) => typeof type === 'string'))
    this.#loading = undefined
  }
}

function spelledOut(name: string): string {
  if (name === 'urlencoded') return 'application/x-www-form-urlencoded'
  if (name === 'multipart') return 'multipart/*'
  return name[0] === '+' ? `*/*${name}` : name
}

/** Whether `type` is `wanted`, which may be `text/*`, or `*` and a suffix such as `+json`. */
function covers(wanted: string, type: string): boolean {
  const [wantedFamily, wantedName, ...rest] = wanted.split('/')
  const [family, name] = type.split('/') as [string, string]
  if (wantedName === undefined || rest.length > 0) return false
  if (wantedFamily !== '*' && wantedFamily !== family) return false
  return wantedName.startsWith('*+') ? name.endsWith(wantedName.slice(1)) : wantedName === '*' || wantedName === name
}
