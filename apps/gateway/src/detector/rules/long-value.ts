import type { Rule } from '../rule.js'

/** Where people type: long values of these may be prose, but neither messages nor documents that programs write. */
const TYPED = ['value', 'part', 'cookie', 'header', 'name', 'string'] as const

/** A backquote, but not of Markdown: behind words, a list's mark, a bracket. */
const OPENING = '(?<![a-z]{2}[,.:]? |[-*|(,:] |[(*[])`'

/** Programs that prose about computers seldom chains, but intruders do. */
const CHAINED =
  'cat|wget|curl|nc|ncat|bash|sh|rm|chmod|ping|nslookup|whoami|id|uname|ifconfig|netstat|python\\d?|perl|telnet|ls|ps|env|printenv'

/** Attacks of every kind as they stand in a long value, between prose: more around them is wanted than in a short one. */
export const LONG_XSS_RULES: readonly Rule[] = [
  {
    id: 'xss-script-in-long-value',
    why: 'A script, a handler or a script link, in prose.',
    reach: 'field',
    only: TYPED,
    test: /<script[\s/>]|\bjavascript:\s*(?:alert|confirm|prompt|eval|fetch|document|window|location|\(|\/\/)|<(?:iframe|object|embed)\b[^<>]{0,200}\b(?:src|data|srcdoc)\s*=\s*["']?\s*(?:javascript|data):|<[a-z]{1,16}\b[^<>]{0,200}[\s/"']on[a-z]{4,24}\s*=\s*["']?[a-z(]/i,
    finds: '<svg/onload=x>',
    leaves: 'I love JavaScript: it is fun'
  }
]

export const LONG_COMMAND_RULES: readonly Rule[] = [
  {
    id: 'command-in-long-value',
    why: 'A program behind a separator, with what only a command line has, in prose.',
    reach: 'field',
    only: ['value', 'part', 'cookie', 'string'],
    test: new RegExp(
      `(?:[;|]|&&)\\s{0,4}(?:/(?:usr/)?s?bin/)?(?:${CHAINED})\\s{1,4}(?:-[\\w-]{1,40}\\s{1,4}){0,3}(?:-[\\w-]{1,40})?(?:$|~?/[\\w.]|https?://|\\d{1,3}\\.\\d{1,3}\\.\\d|[;|&#])|[;|]\\s{0,4}(?:cat|ls|rm)\\s{1,4}-[a-z]{1,4}(?:\\s|$)|[;|]\\s{0,2}(?:id|whoami|ls|pwd|uname)\\s{0,4}(?:[;|&#]|$)|(?:\\$\\(|${OPENING})\\s{0,4}(?:whoami|id|uname|hostname|pwd|ls)\\s{0,4}[)\`]|(?:\\$\\(|${OPENING})\\s{0,4}(?:${CHAINED})\\s[^)\`\\n]{1,96}[)\`]`
    ),
    finds: '`id`',
    leaves: 'a || b'
  }
]

export const LONG_SQL_RULES: readonly Rule[] = [
  {
    id: 'sql-in-long-value',
    why: 'A quote that ends in a comment, or a statement behind it, in prose.',
    reach: 'field',
    only: TYPED,
    test: /['")]\s{0,4}(?:--|#)\s{0,4}$|[\w'")]\s{0,4};\s{0,4}(?:drop|truncate|alter)\s{1,4}(?:table|database|schema|user)\s{1,4}[\w."`]{1,64}|[\w'")]\s{0,4};\s{0,4}(?:delete\s+from|insert\s+into)\s+\w{1,64}\s*(?:where\b|\(|values\b|;|--|$)/i,
    finds: "x'--",
    leaves: "O'Brien"
  }
]

export const LONG_PATH_RULES: readonly Rule[] = [
  {
    id: 'path-in-long-value',
    why: 'A file of the system, or four steps up, in prose.',
    reach: 'field',
    only: TYPED,
    test: /(?:file:\/\/)?\/etc\/(?:passwd|shadow)\s*$|^\s*(?:file:\/\/)?\/etc\/(?:passwd|shadow)\b|\/proc\/self\/(?:environ|fd|maps)|(?:\.\.[/\\]){4}/,
    finds: '/etc/passwd',
    leaves:
      'package main\n\nimport (\n\t"fmt"\n\t"os/exec"\n)\n\nfunc main() {\n\tout, err := exec.Command("cat", "/etc/passwd").Output()\n\tif err != nil || len(out) == 0 {\n\t\tpanic(err)\n\t}\n\tfmt.Println(string(out))\n}\n'
  }
]

export const LONG_PHP_RULES: readonly Rule[] = [
  {
    id: 'php-in-long-value',
    why: 'An opening tag with code behind it, in prose.',
    reach: 'field',
    only: TYPED,
    test: /<\?php\s+\S|<\?=\s*\S|(?:^|[;\s])phpinfo\(\)\s*;?\s*$/i,
    finds: 'phpinfo()',
    leaves: 'call phpinfo for it'
  }
]

export const LONG_CODE_RULES: readonly Rule[] = [
  {
    id: 'code-in-long-value',
    why: 'A prototype or a child process that is reached for, in prose.',
    reach: 'field',
    only: TYPED,
    test: /(?:^|\s)__proto__\s*$|__proto__\s*[[.=]|constructor\.prototype\s*[.[]|child_process['"`]\s*\)\s*\.\s*\w*(?:exec|spawn|fork)/,
    finds: '__proto__',
    leaves: 'the child_process module'
  }
]
