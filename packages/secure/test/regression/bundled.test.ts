import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { hasSodium } from '../backings.js'

const require = createRequire(import.meta.url)

/** What is used of the bundler that builds this package. */
interface Bundler {
  buildSync(options: Record<string, unknown>): unknown
}

const folder = mkdtempSync(join(tmpdir(), 'secure-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A program in one file, as a bundler makes it. */
function bundle(name: string, format: 'cjs' | 'esm', program: string): string {
  const { buildSync } = createRequire(require.resolve('tsup'))('esbuild') as Bundler
  const outfile = join(folder, name)
  const source = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
  buildSync({
    stdin: { contents: `import { SecureBufferPool } from ${JSON.stringify(source)}\n${program}`, resolveDir: dirname(source) },
    bundle: true,
    platform: 'node',
    format,
    conditions: ['@pool/source'],
    outfile,
    logLevel: 'silent'
  })
  return outfile
}

/** What a program prints that finds no more modules than those beside it. */
function run(file: string): string {
  const { NODE_PATH: _, ...env } = process.env
  return execFileSync(process.execPath, [file], { encoding: 'utf8', env }).trim()
}

const tells = 'console.log(new SecureBufferPool().capabilities().backend)'

describe('a program bundled with this package', { timeout: 60_000 }, () => {
  it('refuses by a code to work on memory that is not what it asked for, where sodium-native is out of reach', () => {
    const codes = `
      for (const options of [{ require: 'locked' }, { backing: 'sodium' }]) {
        try { new SecureBufferPool(options); console.log('went on') } catch (error) { console.log(error.code) }
      }`
    expect(run(bundle('asks.cjs', 'cjs', codes)).split('\n')).toEqual(['ERR_POOL_SECURE_UNLOCKED', 'ERR_POOL_SECURE_UNAVAILABLE'])
  })

  it.skipIf(!hasSodium)('finds sodium-native beside the bundle, as CommonJS and as an ES module', () => {
    const modules = join(folder, 'app', 'node_modules')
    mkdirSync(modules, { recursive: true })
    symlinkSync(realpathSync(dirname(require.resolve('sodium-native/package.json'))), join(modules, 'sodium-native'))
    writeFileSync(join(folder, 'app', 'package.json'), '{}')
    expect(run(bundle('app/main.cjs', 'cjs', tells))).toBe('sodium')
    expect(run(bundle('app/main.mjs', 'esm', tells))).toBe('sodium')
  })
})
