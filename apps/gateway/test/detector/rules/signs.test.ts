import { describe, expect, it } from 'vitest'
import { LEADING_WORDS } from '../../../src/detector/rules/commands/command-line.js'
import { RULES } from '../../../src/detector/rules/index.js'
import { squeezeBlanks } from '../../../src/detector/scan/squeezed-text.js'

const TEXTS = 300_000

const SEPARATORS = [
  ...['', '', ';', '|', '&', '\n', '\r', '`', '$(', '<(', '>(', '{', '{,', ' do ', ' then ', ';  ', '; (', '& @', '{, ', '{ ,', '{,('],
  ...['|!', '&&', '||', '; A=1 ', '{,A=b ', ';,', ';A=1 B=2 ', '\x0b;', ')']
]
const PREFIXES = [
  '',
  '',
  '',
  '"',
  "'",
  '""',
  '`',
  '(',
  '/bin/',
  '/usr/bin/',
  './',
  '~/',
  'bin/',
  'a/b/',
  'A=',
  'x=1 ',
  'A="',
  '  ',
  '\t',
  '//'
]
const WORDS = [...LEADING_WORDS, ...RULES.flatMap(({ finds }) => finds.match(/\w{2,}/g) ?? [])]
const FAMILIES = 'ansible chef redis nginx apache apache2 rust crowdsec php docker kube systemd mongo'.split(' ')
const MEMBERS = ['ctl', 'x1', 'client', 'run-all']
const SUFFIXES = ['', '', '', '', '.exe', '.EXE', '1', '-1.2', '3.10', '.', '-', '_', '..exe', '.exe.exe', '2-x', "''", '\\x']
const ARGUMENTS = [
  ...['', ' ', ' -a', ' x', ' x y', ' /etc', ' whoami', ' curl', ' a=b', '\tfoo', "' x", '" -l', ';', '|', '`', ')', '}', '\n'],
  ...[' "ls" x', '  bash', ';ls', ' >x', '<x', ' $a', '\xa0x', '(', ' (', ' (1)', '( ']
]

/** Command lines and calls, put together from parts; the same each time. */
function* commandLines(): Generator<string> {
  let state = 11
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >>> 8) % limit
  }
  const oneOf = (list: readonly string[]): string => list[below(list.length)] as string
  const word = (): string => {
    const name = below(5) > 0 ? oneOf(WORDS) : `${oneOf(FAMILIES)}-${oneOf(MEMBERS)}`
    return (below(8) > 0 ? name : name.toUpperCase()) + oneOf(SUFFIXES)
  }
  for (let made = 0; made < TEXTS; made += 1) {
    let text = below(6) > 0 ? '' : oneOf(['foo', 'see ', '1 '])
    for (let count = 1 + below(2); count > 0; count -= 1)
      text += oneOf(SEPARATORS) + oneOf(PREFIXES) + oneOf(PREFIXES) + word() + oneOf(ARGUMENTS)
    yield squeezeBlanks(text)
  }
}

const SIGNED = RULES.filter(({ test, sign }) => typeof test === 'function' && sign !== undefined)

describe('the sign of a function', () => {
  it.each(SIGNED.map((rule) => [rule.id, rule] as const))(
    '%s has a match wherever the function finds something',
    { timeout: 60_000 },
    (_, rule) => {
      const { test, sign } = rule as { test: (text: string) => number; sign: RegExp }
      let found = 0
      const missed = new Set<string>()
      for (const text of commandLines()) {
        if (test(text) < 0) continue
        found += 1
        if (text.search(sign) < 0) missed.add(text)
      }
      expect([...missed].slice(0, 20)).toEqual([])
      expect(found).toBeGreaterThan(20)
    }
  )
})
