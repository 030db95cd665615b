import { spawnSync } from 'node:child_process'

/**
 * Runs Debian's `promtool`.
 * @param parameters - such as `['check', 'metrics']`
 * @param input - its standard input
 * @returns its exit code, and all that it printed: its complaints, if it has any
 */
export function promtool(parameters: readonly string[], input = ''): { readonly code: number | null; readonly output: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', parameters, { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (error !== undefined) throw new Error(`promtool does not start; apt-get install prometheus. ${error.message}`)
  return { code: status, output: (stdout + stderr).trim() }
}
