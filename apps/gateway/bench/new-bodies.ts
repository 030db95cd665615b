import { readFileSync } from 'node:fs'

/** Values from real sources, by kind. */
const VALUES: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('../fixtures/ordinary-values.json', import.meta.url), 'utf8')
)
/** Words as people write them, with the signs of prose; names and words of letters alone. */
const SENTENCES = (VALUES.description ?? []).map((text) => text.split(' ').filter((word) => /^["'(]?[\w/-]+['\w]*[.,:;!?)"]*$/.test(word)))
const NAMES = (VALUES.person ?? []).flatMap((text) => text.split(' ')).filter((word) => /^\p{Lu}\p{L}+$/u.test(word))
const WORDS = (VALUES.keyword ?? []).filter((word) => /^[a-z-]+$/.test(word))
const KIBIBYTE = 1024

/** Pseudo-random numbers, the same in each run (Marsaglia's xorshift). */
class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** An integer in 0..below-1. */
  below(below: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % below
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}

/** For each word, the words that follow it somewhere. */
const FOLLOWING = new Map<string, string[]>()
for (const words of SENTENCES) {
  for (const [index, word] of words.entries()) {
    const next = words[index + 1]
    if (next !== undefined) FOLLOWING.set(word, [...(FOLLOWING.get(word) ?? []), next])
  }
}

/** Prose of real words, each behind a word that it has stood behind: hardly any sentence comes twice. */
function prose(chance: Chance, most: number): string {
  let word = chance.of(SENTENCES)[0] ?? 'The'
  const words = [word]
  while (words.length < most) {
    const next = FOLLOWING.get(word)
    word = next === undefined ? (chance.of(SENTENCES)[0] ?? 'The') : chance.of(next)
    words.push(word)
  }
  return `${words.join(' ')}.`
}

function recordOf(chance: Chance): Readonly<Record<string, string | number | boolean>> {
  const person = `${chance.of(NAMES)} ${chance.of(NAMES)}`
  const domain = `${chance.of(WORDS)}${chance.below(1000)}.example.com`
  return {
    id: chance.below(1e9),
    name: person,
    email: `${person.toLowerCase().replace(/\W+/g, '.')}${chance.below(100)}@${domain}`,
    homepage: `https://www.${domain}/${chance.of(WORDS)}/${chance.below(1e6)}?page=${chance.below(90)}&sort=date`,
    phone: `+${chance.below(90) + 10} ${chance.below(900) + 100} ${chance.below(1e7)}`,
    key: [0, 0, 0, 0].map(() => chance.below(2 ** 32).toString(16)).join('-'),
    created: new Date(1.7e12 + chance.below(1e9) * 100).toISOString(),
    price: chance.below(100_000) / 100,
    active: chance.below(2) === 0,
    tags: chance.of(WORDS),
    title: prose(chance, 3 + chance.below(6)),
    note: prose(chance, 10 + chance.below(40))
  }
}

/** A record for each call, until `bytes` are full. */
function filled(bytes: number, begin: string, between: string, end: string, next: () => string): Buffer {
  const parts: string[] = []
  for (let length = 0; length < bytes - 600; ) {
    const part = next()
    parts.push(part)
    length += part.length + between.length
  }
  return Buffer.from(begin + parts.join(between) + end)
}

const FORM = 'application/x-www-form-urlencoded'
type Writer = (chance: Chance, bytes: number) => Buffer
const json: Writer = (chance, bytes) => filled(bytes, '{"items":[', ',', ']}', () => JSON.stringify(recordOf(chance)))
const form: Writer = (chance, bytes) =>
  filled(bytes, '', '&', '', () => new URLSearchParams(recordOf(chance) as unknown as Record<string, string>).toString())
const text: Writer = (chance, bytes) => filled(bytes, '', '\n', '\n', () => prose(chance, 12 + chance.below(20)))
const html: Writer = (chance, bytes) =>
  filled(bytes, '<!doctype html><html><body>', '\n', '</body></html>', () => {
    const { homepage, title, note } = recordOf(chance)
    return `<h2 class="title">${title}</h2>\n<p>${note} See <a href="${String(homepage).replace('&', '&amp;')}">${title}</a>.</p>`
  })
const parts: Writer = (chance, bytes) =>
  filled(bytes, '', '', '--x--\r\n', () =>
    Object.entries(recordOf(chance))
      .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join('')
  )

/** Bodies of one kind and size, of which no two are the same. */
export interface NewBodies {
  readonly name: string
  readonly type: string
  /** The size of each, about. */
  readonly bytes: number
  /** `count` further bodies. */
  next(count: number): readonly Buffer[]
}

const KINDS: readonly (readonly [name: string, type: string, write: Writer])[] = [
  ['JSON', 'application/json', json],
  ['form', FORM, form],
  ['text', 'text/plain', text],
  ['HTML', 'text/html', html],
  ['parts', 'multipart/form-data; boundary=x', parts]
]

/** Bodies of each kind and of `sizes` in KiB; each new, so that what the detector learned of earlier ones helps as little as it does in service. */
export function newBodies(sizes: readonly number[]): readonly NewBodies[] {
  return KINDS.flatMap(([name, type, write], kind) =>
    sizes.map((size) => {
      const chance = new Chance(kind * 1000 + size)
      const next = (count: number): readonly Buffer[] => Array.from({ length: count }, () => write(chance, size * KIBIBYTE))
      return { name: `${name}, ${size} KiB`, type, bytes: size * KIBIBYTE, next }
    })
  )
}

export const NEW_BODIES = newBodies([2, 64])
