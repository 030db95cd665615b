import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'

const all = mkdtempSync(join(tmpdir(), 'pool-bundles-'))
afterAll(() => rmSync(all, { recursive: true, force: true }))

const packages = [
  { name: '@pool/core', load: () => import('@pool/core') },
  { name: '@pool/block-pool', load: () => import('@pool/block-pool') },
  { name: '@pool/express', load: () => import('@pool/express') },
  { name: '@pool/metrics-otel', load: () => import('@pool/metrics-otel') },
  { name: '@pool/metrics-prometheus', load: () => import('@pool/metrics-prometheus') },
  { name: '@pool/net', load: () => import('@pool/net') },
  { name: '@pool/queue', load: () => import('@pool/queue') },
  { name: '@pool/secure', load: () => import('@pool/secure') },
  { name: '@pool/shared', load: () => import('@pool/shared') },
  { name: '@pool/stream', load: () => import('@pool/stream') }
]
// What these build on is CommonJS and requires parts of Node, which an ES module can only do so.
const banner = "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"
const needsRequire = new Set(['@pool/express', '@pool/metrics-prometheus'])

describe('a bundle by esbuild', () => {
  it.each(packages.flatMap((one) => (['esm', 'cjs'] as const).map((format) => ({ ...one, format }))))(
    'of $name as $format has what the package exports',
    { timeout: 120_000 },
    async ({ name, load, format }) => {
      const folder = mkdtempSync(join(all, 'bundle-'))
      const outfile = join(folder, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`)
      await build({
        stdin: { contents: `export * from '${name}'`, resolveDir: import.meta.dirname },
        bundle: true,
        platform: 'node',
        format,
        outfile,
        conditions: ['@pool/source'],
        external: ['sodium-native'],
        logLevel: 'silent',
        ...(format === 'esm' && needsRequire.has(name) ? { banner: { js: banner } } : {})
      })
      const program = join(folder, `program-${format}.mjs`)
      writeFileSync(
        program,
        `console.log(Object.keys(await import(${JSON.stringify(outfile)})).filter((key) => /^[a-z]/i.test(key)).sort().join())`
      )
      const bundled = execFileSync(process.execPath, [program], { encoding: 'utf8' }).trim().split(',')
      expect(bundled).toEqual(expect.arrayContaining(Object.keys(await load())))
    }
  )
})
