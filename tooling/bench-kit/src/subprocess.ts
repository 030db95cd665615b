import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Runs a module in a Node of its own, with the options of this one, and gives its output, parsed as JSON. Each measurement has
 * a process to itself, so that none finds code that another one has shaped.
 */
export async function inSubprocess<T>(modulePath: string, parameters: readonly string[]): Promise<T> {
  const { stdout } = await run(process.execPath, [...process.execArgv, modulePath, ...parameters], { maxBuffer: 2 ** 26 })
  return JSON.parse(stdout) as T
}

/** Shows how far a long command is, on a terminal only. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
}

/** Whether this module was started by {@link inSubprocess}, and with which parameters. */
export function ownParameters(modulePath: string): string[] | undefined {
  return process.argv[1] === modulePath ? process.argv.slice(2) : undefined
}

/** The machine and the Node of the figures. */
export async function machine(): Promise<string> {
  const { cpus, totalmem } = await import('node:os')
  const [cpu] = cpus()
  return `Node ${process.versions.node}, ${cpus().length} × ${cpu?.model ?? process.arch}, ${Math.round(totalmem() / 2 ** 30)} GiB`
}
