import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Why memory can't be scanned here, or nothing. */
export const noScan: string | undefined = existsSync('/proc/self/mem') ? undefined : 'there is no /proc/self/mem to scan memory through'

/** How a script ended, and what it printed. */
export interface ScriptResult {
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a TypeScript file of this folder in a process of its own, with the collector exposed. */
export function runScript(name: string, ...parameters: string[]): Promise<ScriptResult> {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url))
  const node = ['--expose-gc', '--conditions=@pool/source', '--import', 'tsx', script, ...parameters]
  return new Promise((resolve) => {
    execFile(process.execPath, node, { env: { ...process.env, NODE_OPTIONS: '' } }, (error, stdout, stderr) => {
      resolve({ signal: error?.signal ?? null, stdout, stderr })
    })
  })
}
