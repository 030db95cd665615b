import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../../src/cli/command-line.js'

/** Runs the command `pool-advisor` of the package in `built` as a process of its own, in `folder`. */
export function runCommand(
  built: string,
  folder: string,
  ...parameters: string[]
): Promise<{ code: number | string | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(built, 'cli.mjs'), ...parameters], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? null), stdout, stderr })
    })
  })
}

/** The same within this process, which starts in a fraction of the time. */
export async function callCommand(folder: string, ...parameters: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' }
  const into = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      output[name] += text
    }
  })
  const code = await runCommandLine(parameters, { folder, stdout: into('stdout'), stderr: into('stderr') })
  return { code, ...output }
}

/** A folder that is removed after the tests. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'pool-advisor-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
