import { spawn } from 'node:child_process'

/** How a program ended, and what it printed. */
export interface Ended {
  readonly ok: boolean
  /** What it wrote to stdout. */
  readonly output: string
  /** Both streams: what is wrong, where something is. */
  readonly log: string
}

/** What a program may be given besides its parameters. */
export interface ProgramOptions {
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
  /** Milliseconds after which it is ended; default 120 000. */
  readonly timeoutMs?: number
  /** Called once, with the program running; when it settles the program is ended, and counts as well if it resolved. */
  readonly visit?: () => Promise<void>
}

/** Runs a program to its end, or to that of a visit. Never rejects. */
export function runProgram(program: string, parameters: readonly string[], options: ProgramOptions): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, {
      cwd: options.folder,
      env: { ...cleanEnvironment(), ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL'
    })
    let output = ''
    let log = ''
    let visited: boolean | undefined
    child.stdout.on('data', (chunk) => {
      output += chunk
      log += chunk
    })
    child.stderr.on('data', (chunk) => (log += chunk))
    child.on('error', (error) => resolve({ ok: false, output, log: String(error) }))
    child.on('close', (code) => resolve({ ok: visited ?? code === 0, output, log }))
    options
      .visit?.()
      .then(() => (visited = true))
      .catch((error: unknown) => {
        visited = false
        log += `\n${error}`
      })
      .finally(() => child.kill())
  })
}

/** The environment without what pnpm and this workspace put there: a stranger has none of it. */
function cleanEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_(?!config_registry$)|NODE_OPTIONS$|NODE_ENV$|POOL_|PNPM_)/.test(name)
  )
  return { ...Object.fromEntries(kept), NO_COLOR: '1' }
}
