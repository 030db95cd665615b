import { type AST, RegExpParser } from '@eslint-community/regexpp'

/** Texts that stand for one stretch of a pattern, at most; a stretch with more is parted. */
const MOST_TEXTS = 32
/** Letters of a text, at most: the first ones tell enough. */
const MOST_LETTERS = 10
/** Texts that tell so much are as good as texts that tell more. */
const ENOUGH = 24
/** How much a letter tells, any other sign, and a blank. */
const LETTER = 3
const SIGN = 6
const BLANK = 1
const NOTHING: Read = { exact: [''], best: [] }

const parser = new RegExpParser({ ecmaVersion: 2018 })
/** The characters of elements that were read before. */
const known = new Map<string, readonly string[] | undefined>()

/** The texts that a part of a pattern finds, as far as they are known. */
interface Read {
  /** All of them, where they are few. */
  readonly exact?: readonly string[] | undefined
  /** Texts of which each holds one, or none. */
  readonly best: readonly string[]
}

/** Texts of ASCII in lower case, of which one stands in any case in each text in which `pattern` finds something; none where no such texts are known. */
export function requiredTexts({ source, flags }: RegExp): readonly string[] {
  const texts = new Set(readAlternatives(parser.parsePattern(source).alternatives, flags).best.map((text) => text.slice(0, MOST_LETTERS)))
  return [...texts].filter((text) => ![...texts].some((other) => other !== text && text.includes(other)))
}

function readAlternatives(alternatives: readonly AST.Alternative[], flags: string): Read {
  const reads = alternatives.map(({ elements }) => readSequence(elements, flags))
  const exact = reads.flatMap((read) => read.exact ?? [])
  const isExact = exact.length <= MOST_TEXTS && reads.every((read) => read.exact !== undefined)
  const isKnown = reads.every(({ best }) => best.length > 0)
  return { exact: isExact ? exact : undefined, best: isKnown ? reads.flatMap(({ best }) => best) : [] }
}

function readSequence(elements: readonly AST.Element[], flags: string): Read {
  let best: readonly string[] = []
  let run: readonly string[] = ['']
  let isExact = true
  for (const element of elements) {
    const read = readElement(element, flags)
    best = better(best, read.best)
    const { exact } = read
    if (exact !== undefined && run.length * exact.length <= MOST_TEXTS) {
      run = run.flatMap((before) => exact.map((text) => before + text))
      continue
    }
    best = better(best, run)
    run = exact ?? ['']
    isExact = false
  }
  return { exact: isExact ? run : undefined, best: better(best, run) }
}

function readElement(element: AST.Element, flags: string): Read {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return readAlternatives(element.alternatives, flags)
    case 'Quantifier':
      return readQuantifier(element, flags)
    case 'Assertion':
      // A demand on the text beside a match is one on the whole text as well.
      if ((element.kind !== 'lookahead' && element.kind !== 'lookbehind') || element.negate) return NOTHING
      return { exact: [''], best: readAlternatives(element.alternatives, flags).best }
    case 'Backreference':
      return { best: [] }
    default: {
      const characters = charactersOf(element, flags) ?? []
      // Rules see fewer of the blanks of long runs, so that a blank and the letter behind it may have been apart.
      const exact = characters.length > 0 && !characters.some((one) => /\s/.test(one)) ? characters : undefined
      return { exact, best: characters }
    }
  }
}

function readQuantifier({ min, max, element }: AST.Quantifier, flags: string): Read {
  const { exact, best } = readElement(element, flags)
  if (min === 0) return { exact: max === 1 && exact !== undefined && exact.length < MOST_TEXTS ? ['', ...exact] : undefined, best: [] }
  if (exact === undefined) return { best }
  return min === max ? readSequence(Array<AST.Element>(min).fill(element), flags) : { best: better(best, exact) }
}

/** The ASCII characters that one element takes, in lower case, where they are few and no others are. */
function charactersOf({ raw }: AST.Element, flags: string): readonly string[] | undefined {
  const key = `${flags}/${raw}`
  if (!known.has(key)) known.set(key, findCharacters(new RegExp(`^${raw}$`, flags.includes('i') ? 'is' : 's')))
  return known.get(key)
}

function findCharacters(pattern: RegExp): readonly string[] | undefined {
  const taken = new Set<string>()
  for (let byte = 0; byte < 256 && taken.size <= MOST_TEXTS; byte += 1) {
    const character = String.fromCharCode(byte)
    if (!pattern.test(character)) continue
    if (byte >= 128) return undefined
    taken.add(character.toLowerCase())
  }
  return taken.size > 0 && taken.size <= MOST_TEXTS / 4 ? [...taken] : undefined
}

/** Those that tell more in ordinary text; of two that tell the same the fewer. */
function better(one: readonly string[], other: readonly string[]): readonly string[] {
  const gain = tellingOf(other) - tellingOf(one)
  return gain > 0 || (gain === 0 && other.length < one.length && other.length > 0) ? other : one
}

function tellingOf(texts: readonly string[]): number {
  return texts.length === 0 ? 0 : Math.min(ENOUGH, ...texts.map(tellingOfText))
}

function tellingOfText(text: string): number {
  let sum = 0
  for (const character of text) sum += /[a-z]/.test(character) ? LETTER : /\s/.test(character) ? BLANK : SIGN
  return sum
}
