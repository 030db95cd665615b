import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Builds the package as it is published, ES modules and CommonJS, with core within, so that programs of any kind can load it.
 * @returns its folder, below the package's `node_modules`; the caller removes it
 */
export async function buildAdvisor(): Promise<string> {
  const output = mkdtempSync(join(folder, 'node_modules/.advisor-'))
  const shared = {
    absWorkingDir: folder,
    entryPoints: { index: 'src/index.ts', cli: 'src/cli.ts', register: 'src/register.ts' },
    outdir: output,
    bundle: true,
    splitting: false,
    platform: 'node' as const,
    target: 'node20',
    conditions: ['@pool/source'],
    external: ['ws'],
    logLevel: 'error' as const
  }
  await build({ ...shared, format: 'esm', outExtension: { '.js': '.mjs' } })
  await build({ ...shared, format: 'cjs', outExtension: { '.js': '.cjs' } })
  // So that the command finds `@pool/advisor/register` here.
  writeFileSync(join(output, 'package.json'), JSON.stringify({ name: '@pool/advisor', exports: { './register': './register.mjs' } }))
  return output
}
