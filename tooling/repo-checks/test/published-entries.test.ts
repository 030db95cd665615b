import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkPublishedEntries } from '../src/published-entries.js'
import { describeProblems } from '../src/rules.js'

it('finds types that need Node where they must not, and an entry that cannot be loaded', { timeout: 60_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'published-entries-'))
  try {
    const core = join(root, 'packages/core')
    mkdirSync(join(core, 'dist'), { recursive: true })
    const entry = (name: string): object => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` })
    const exports = { '.': entry('index'), './interfaces': entry('interfaces') }
    writeFileSync(join(core, 'package.json'), JSON.stringify({ name: '@pool/core', type: 'commonjs', exports }))
    const declaration = '/// <reference types="node" />\nexport declare const free: Buffer[]\n'
    for (const name of ['index', 'interfaces']) writeFileSync(join(core, `dist/${name}.d.ts`), declaration)
    writeFileSync(join(core, 'dist/index.js'), "throw new Error('cannot load')\n")
    writeFileSync(join(core, 'dist/interfaces.js'), '')
    const found = describeProblems(checkPublishedEntries(root))
    expect(found).toContain("@pool/core/interfaces: @pool/core/dist/interfaces.d.ts Cannot find type definition file for 'node'")
    expect(found).not.toContain('@pool/core/dist/index.d.ts Cannot find')
    expect(found).toContain('@pool/core: import() fails')
    expect(found).toContain('@pool/core: require() fails')
    expect(found).not.toContain('@pool/core/interfaces: require() fails')
  } finally {
    rmSync(root, { recursive: true })
  }
})
