import { describe, expect, it } from 'vitest'
import { indexIn, type KindRule } from '../../src/detector/rule.js'
import { RULES } from '../../src/detector/rules/index.js'

/** Before, one look at the first took two seconds, and one at each of the others some milliseconds. */
const TEXTS: Readonly<Record<string, string>> = {
  'sql-select': "select@`'/',@\t,-\tas\t\t\t\t>,+a?*fro".repeat(16).slice(0, 512),
  'command-rare-in-string': `  \n\ta="/usr${'/'.repeat(16)}usr`.repeat(16).slice(0, 512),
  'command-in-long-value': `;\tpython1\n\n-__Bz${'-'.repeat(60)}`.repeat(26).slice(0, 2048)
}
const LOOKS = 400
/** A quiet machine needs less than a tenth. */
const LONGEST_MS = 1000

describe('a rule with many ways to read the same text', { timeout: 60_000 }, () => {
  it.each(Object.entries(TEXTS))('looks at it briefly: %s', (id, text) => {
    const rule = RULES.find((one) => one.id === id) as KindRule
    const before = process.cpuUsage()
    let spentMs = 0
    for (let look = 0; look < LOOKS && spentMs < LONGEST_MS; look += 1) {
      indexIn(rule, text)
      const { user, system } = process.cpuUsage(before)
      spentMs = (user + system) / 1000
    }
    expect(spentMs).toBeLessThan(LONGEST_MS)
  })
})
