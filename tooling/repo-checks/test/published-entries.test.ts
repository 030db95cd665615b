import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkPublishedEntries } from '../src/published-entries.js'
import { describeProblems } from '../src/rules.js'

/** Starts a compiler many times over: `pnpm test:deep` does. */
it.skipIf(process.env.POOL_DEEP !== '1')(
  'finds types that need Node where they must not, entries that cannot be loaded, and classes that print under other names',
  {
    timeout: 60_000
  },
  () => {
    const root = mkdtempSync(join(tmpdir(), 'published-entries-'))
    try {
      const core = join(root, 'packages/core')
      mkdirSync(join(core, 'dist'), { recursive: true })
      const entry = (name: string): object => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` })
      const exports = { '.': entry('index'), './interfaces': entry('interfaces'), './kit': entry('kit') }
      writeFileSync(join(core, 'package.json'), JSON.stringify({ name: '@pool/core', type: 'commonjs', exports }))
      const declaration = '/// <reference types="node" />\nexport declare const free: Buffer[]\n'
      for (const name of ['index', 'interfaces', 'kit']) writeFileSync(join(core, `dist/${name}.d.ts`), declaration)
      writeFileSync(join(core, 'dist/index.js'), "throw new Error('cannot load')\n")
      writeFileSync(join(core, 'dist/interfaces.js'), 'exports.Pool = class Pool {}; exports.BufferView = Buffer.alloc(0).constructor\n')
      writeFileSync(join(core, 'dist/kit.js'), 'var Pool = class _Pool {}; var Inner = class _Inner {}; exports.Pool = Pool\n')
      const found = describeProblems(checkPublishedEntries(root))
      expect(found).toContain("@pool/core/interfaces: @pool/core/dist/interfaces.d.ts Cannot find type definition file for 'node'")
      expect(found).not.toContain('@pool/core/dist/index.d.ts Cannot find')
      expect(found).toContain('@pool/core: import() fails')
      expect(found).toContain('@pool/core: require() fails')
      expect(found).not.toContain('@pool/core/interfaces: require() fails')
      expect(found).toContain('class Pool prints as _Pool')
      expect(found).toContain('packages/core/dist/kit.js: a class prints as _Inner')
    } finally {
      rmSync(root, { recursive: true })
    }
  }
)
