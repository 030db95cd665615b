import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkApiReports } from '../src/api-reports.js'

/** Starts a compiler many times over: `pnpm test:deep` does. */
describe.skipIf(process.env.POOL_DEEP !== '1')('the reports of the public surface', { timeout: 240_000 }, () => {
  let root: string
  const reports = () => join(root, 'packages/core/api-report')
  const declare = (text: string) => writeFileSync(join(root, 'packages/core/dist/index.d.ts'), text)

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'api-reports-'))
    mkdirSync(join(root, 'packages/core/dist'), { recursive: true })
    const entry = { import: { types: './dist/index.d.ts' } }
    const manifest = { name: '@pool/core', version: '0.0.0', exports: { '.': entry, './package.json': './package.json' } }
    writeFileSync(join(root, 'packages/core/package.json'), JSON.stringify(manifest))
    declare('/** Adds one.\n * @public */\nexport declare function next(value: number): number;\n')
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  // One test, since each look at declarations starts a compiler.
  it('match once they are written, then say which entry changed, how it stands now, and which is gone', () => {
    const file = 'packages/core/api-report'
    const missing = [{ file, message: expect.stringMatching(/^index\.api\.md: the public surface changed, at line 1/) }]
    expect(checkApiReports(root)).toMatchObject(missing)

    expect(checkApiReports(root, true)).toEqual([])
    expect(readdirSync(reports())).toEqual(['index.api.md'])
    expect(readFileSync(join(reports(), 'index.api.md'), 'utf8')).toContain('export function next(value: number): number;')

    declare('/** Adds one.\n * @public */\nexport declare function next(value: bigint): bigint;\n')
    writeFileSync(join(reports(), 'old.api.md'), '')
    expect(checkApiReports(root)).toMatchObject([
      { file, message: 'old.api.md has no entry: run pnpm api-reports' },
      { file, message: expect.stringMatching(/^index\.api\.md: .*next\(value: bigint\): bigint;.*pnpm api-reports/) }
    ])
  })
})
