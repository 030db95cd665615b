import { describe, expect, it } from 'vitest'
import { command, runChecks } from '../src/run-checks.js'

const fine = { name: 'fine', what: 'nothing wrong', run: command(process.execPath, ['--version'], '.') }

describe('runChecks', () => {
  it('is content when every check is', async () => {
    const lines: string[] = []
    expect(await runChecks([[fine], [fine]], (line) => lines.push(line))).toBe(true)
    expect(lines.at(-1)).toContain('All 2 checks are fine')
  })

  it('names each check that fails, shows why, and goes on with the others', async () => {
    const lines: string[] = []
    const failing = {
      name: 'failing',
      what: 'a program',
      run: command(process.execPath, ['-e', 'console.error("because"); process.exit(3)'], '.')
    }
    const silent = { name: 'silent', what: 'a program', run: command(process.execPath, ['-e', 'process.exit(4)'], '.') }
    const absent = { name: 'absent', what: 'a program', run: command('no-such-program-here', [], '.') }
    expect(await runChecks([[failing, silent, absent, fine]], (line) => lines.push(line))).toBe(false)
    const text = lines.join('\n')
    expect(text).toMatch(/^FAILED {2}failing/m)
    expect(text).toContain('because')
    expect(text).toContain('ended with 4')
    expect(text).toContain('ENOENT')
    expect(text).toMatch(/^ok {6}fine/m)
    expect(text).toContain('3 of 4 checks failed: failing, silent, absent')
  })
})
