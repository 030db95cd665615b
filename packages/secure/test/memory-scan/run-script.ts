import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compiled } from '../../../../tooling/vitest-config/src/compiled.js'

/** Why memory can't be scanned here, or nothing. */
export const noScan: string | undefined = existsSync('/proc/self/mem') ? undefined : 'there is no /proc/self/mem to scan memory through'

/** How a script ended, and what it printed. */
export interface ScriptResult {
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a TypeScript file in a process of its own, with the collector exposed. */
export function runScript(script: URL, ...parameters: string[]): Promise<ScriptResult> {
  return runNode(['--expose-gc', compiled(fileURLToPath(script)), ...parameters], {})
}

/** The same as a CommonJS module, without a worker for its loader, and with more variables in its environment. */
export function requireScript(script: URL, environment: NodeJS.ProcessEnv, ...parameters: string[]): Promise<ScriptResult> {
  return runNode(['--require', 'tsx/cjs', '--eval', `require(${JSON.stringify(fileURLToPath(script))})`, '--', ...parameters], environment)
}

function runNode(parameters: readonly string[], environment: NodeJS.ProcessEnv): Promise<ScriptResult> {
  const env = { ...process.env, ...environment, NODE_OPTIONS: '' }
  return new Promise((resolve) => {
    execFile(process.execPath, ['--conditions=@pool/source', ...parameters], { env }, (error, stdout, stderr) => {
      resolve({ signal: error?.signal ?? null, stdout, stderr })
    })
  })
}
