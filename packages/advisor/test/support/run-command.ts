import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

/** Runs the command `pool-advisor` as a process of its own, in `folder`. */
export function runCommand(
  folder: string,
  ...parameters: string[]
): Promise<{ code: number | string | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const nodeOptions = ['--conditions=@pool/source', `--import=${import.meta.resolve('tsx')}`]
    execFile(process.execPath, [...nodeOptions, cli, ...parameters], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? null), stdout, stderr })
    })
  })
}

/** A folder that is removed after the tests. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'pool-advisor-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
