import { spawn } from 'node:child_process'

/** How a program ended, and its output. */
export interface Ended {
  readonly ok: boolean
  /** Its text on stdout. */
  readonly output: string
  /** Both streams: the error text, where a program failed. */
  readonly log: string
}

/** Options of a program besides its parameters. */
export interface ProgramOptions {
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
  /** Milliseconds after which it is ended; default 120 000. */
  readonly timeoutMs?: number
  /** Called once, with the program running; when it settles the program is ended, and counts as well if it resolved. */
  readonly visit?: () => Promise<void>
}

/** Programs that run, each with all that it started in a group of its own. */
const groups = new Set<number>()
process.once('exit', () => groups.forEach((group) => void endGroup(group, 'SIGKILL')))

function endGroup(group: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-group, signal)
  } catch {
    // It has ended.
  }
}

/** Runs a program to its end, or to that of a visit. Never rejects. */
export function runProgram(program: string, parameters: readonly string[], options: ProgramOptions): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, {
      cwd: options.folder,
      env: { ...cleanEnvironment(), ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true
    })
    const group = child.pid
    if (group !== undefined) groups.add(group)
    const end = (signal: 'SIGTERM' | 'SIGKILL'): void => void (group !== undefined && endGroup(group, signal))
    const timer = setTimeout(() => end('SIGKILL'), options.timeoutMs ?? 120_000)
    let output = ''
    let log = ''
    let visited: boolean | undefined
    child.stdout.on('data', (chunk) => {
      output += chunk
      log += chunk
    })
    child.stderr.on('data', (chunk) => (log += chunk))
    const ended = (result: Ended): void => {
      clearTimeout(timer)
      if (group !== undefined) groups.delete(group)
      resolve(result)
    }
    child.on('error', (error) => ended({ ok: false, output, log: String(error) }))
    child.on('close', (code) => ended({ ok: visited ?? code === 0, output, log }))
    options
      .visit?.()
      .then(() => (visited = true))
      .catch((error: unknown) => {
        visited = false
        log += `\n${error}`
      })
      .finally(() => end('SIGTERM'))
  })
}

/** How a machine reaches its registry. `noproxy` is missing: npm hands it on empty, and then what is said below of the proxy is not read. */
const network = /^npm_config_(?:registry|ca|cafile|cert|key|(?:https?_)?proxy|strict_ssl|userconfig|globalconfig|cache|nodedir|@.*|\/\/.*)$/

/** The environment without what npm, pnpm and this workspace put there: a stranger has none of it, but may have settings of the network. */
function cleanEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) => network.test(name) || !/^(?:npm_|NODE_OPTIONS$|NODE_ENV$|POOL_|pnpm_|PNPM_)/.test(name)
  )
  // The registry of this machine is not reached by way of a proxy.
  const direct = [process.env.no_proxy ?? process.env.NO_PROXY, '127.0.0.1'].filter(Boolean).join()
  return { ...Object.fromEntries(kept), NO_COLOR: '1', no_proxy: direct, NO_PROXY: direct }
}
