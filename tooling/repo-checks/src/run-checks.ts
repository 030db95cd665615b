import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'

/** One thing that `pnpm check` looks at. */
export interface Check {
  readonly name: string
  readonly what: string
  /** Resolves with the faults, with nothing when all is well; a rejection is a failure too. */
  readonly run: () => Promise<string>
}

/** A check by a program's exit code: its output is the list of faults. */
export function command(program: string, parameters: readonly string[], folder: string): Check['run'] {
  return () =>
    new Promise((resolve, reject) => {
      const { FORCE_COLOR: _, ...inherited } = process.env
      const environment = { ...inherited, TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' }
      const child = spawn(program, parameters, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      child.stdout.on('data', (chunk) => (output += chunk))
      child.stderr.on('data', (chunk) => (output += chunk))
      child.on('error', reject)
      child.on('close', (code) => resolve(code === 0 ? '' : output.trim() || `${program} ended with ${code}`))
    })
}

/**
 * Runs each lane's checks in order, the lanes side by side. Prints a line for each as it ends, and the faults below all.
 * @returns whether all is well
 */
export async function runChecks(lanes: readonly (readonly Check[])[], print: (line: string) => void = console.log): Promise<boolean> {
  const width = Math.max(...lanes.flat().map((check) => check.name.length))
  const failures: { readonly name: string; readonly output: string }[] = []
  const runLane = async (lane: readonly Check[]): Promise<void> => {
    for (const check of lane) {
      const start = performance.now()
      const output = await check.run().catch((error: unknown) => String(error))
      const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(6)
      print(`${output === '' ? 'ok    ' : 'FAILED'}  ${check.name.padEnd(width)} ${seconds} s  ${check.what}`)
      if (output !== '') failures.push({ name: check.name, output })
    }
  }
  await Promise.all(lanes.map(runLane))
  for (const failure of failures) print(`\n── ${failure.name} ${'─'.repeat(Math.max(3, 76 - failure.name.length))}\n${failure.output}`)
  const total = lanes.flat().length
  const names = failures.map((failure) => failure.name).join(', ')
  print(failures.length === 0 ? `\nAll ${total} checks are fine.` : `\n${failures.length} of ${total} checks failed: ${names}`)
  return failures.length === 0
}
