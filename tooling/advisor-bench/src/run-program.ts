import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PoolPlan, type Profile, validProfile } from '@pool/advisor'
import type { Load } from './loads.js'

/** The costs of a program: for each operation, except the memory. */
export interface Spent {
  readonly cpuUs: number
  readonly faults: number
  readonly collectorUs: number
  /** The most resident memory of the whole run, bytes. */
  readonly peakRssBytes: number
  /** Operations each second of wall time. */
  readonly perSecond: number
}

/** The costs of a part of the load. */
export type Stretch = Omit<Spent, 'peakRssBytes'>

interface Reading {
  readonly cpuUs: number
  readonly faults: number
  readonly collectorMs: number
}

/** How a program is run. */
export interface RunOptions {
  readonly program: string
  readonly load: Load
  readonly operations: number
  readonly environment: Record<string, string>
  /** Builds it with a pool of these options. */
  readonly plan?: PoolPlan
  /** Observes it by `@pool/advisor/register`. */
  readonly isObserved?: boolean
}

/** The share of the load that comes before it, to warm up; a profile has it in it. */
export const warmingRatio = 0.2

/** Runs a program in a process of its own under its load. */
export async function runProgram(options: RunOptions): Promise<{ readonly spent: Spent; readonly profile: Profile | undefined }> {
  const { load, operations, isObserved = false } = options
  const program = await RunningProgram.start(options)
  try {
    await load(program.port, Math.ceil(operations * warmingRatio))
    const spent = await program.spentBy(load, operations)
    const { peakRssBytes } = program
    await program.end()
    return { spent: { ...spent, peakRssBytes }, profile: isObserved ? program.profile() : undefined }
  } finally {
    program.kill()
  }
}

/** A program that listens. Kill it in any case. */
export class RunningProgram {
  readonly #child: ChildProcess
  readonly #folder: string
  #port = 0

  private constructor({ program, environment, plan, isObserved = false }: Omit<RunOptions, 'load' | 'operations'>) {
    this.#folder = mkdtempSync(join(tmpdir(), 'advisor-bench-'))
    this.#child = fork(fileURLToPath(new URL(`../programs/${program}.js`, import.meta.url)), {
      execArgv: isObserved ? [`--import=${import.meta.resolve('@pool/advisor/register')}`] : [],
      env: {
        ...process.env,
        ...environment,
        POOL_ADVISOR_OUTPUT: this.#output,
        ...(plan === undefined ? {} : { PROGRAM_POOL: JSON.stringify(plan) })
      }
    })
  }

  /** Starts a program, and waits until it listens. */
  static async start(options: Omit<RunOptions, 'load' | 'operations'>): Promise<RunningProgram> {
    const program = new RunningProgram(options)
    const [{ port }] = (await once(program.#child, 'message')) as [{ port: number }]
    program.#port = port
    return program
  }

  /** The port on which the program listens. */
  get port(): number {
    return this.#port
  }

  /** The most resident memory so far, as Linux reports it; NaN elsewhere. `resourceUsage()` in the program would show the peak of this process, too. */
  get peakRssBytes(): number {
    try {
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'latin1'))?.[1]) * 1024
    } catch {
      return Number.NaN
    }
  }

  /** Puts a load to the program, and measures its costs for each operation. */
  async spentBy(load: Load, operations: number): Promise<Stretch> {
    const before = await this.ask<Reading>('reading')
    const begin = performance.now()
    await load(this.port, operations)
    const seconds = (performance.now() - begin) / 1000
    const after = await this.ask<Reading>('reading')
    const each = (of: keyof Reading) => (after[of] - before[of]) / operations
    return { cpuUs: each('cpuUs'), faults: each('faults'), collectorUs: each('collectorMs') * 1000, perSecond: operations / seconds }
  }

  /** Sends a message that the program answers. */
  async ask<T>(message: 'reading' | 'observe' | 'rest'): Promise<T> {
    this.#child.send(message)
    const [answer] = (await once(this.#child, 'message')) as [T]
    return answer
  }

  /** Lets the program end by itself. */
  async end(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.send('end')
    await ended
  }

  /** The profile that an observed program wrote when it ended. */
  profile(): Profile {
    return validProfile(JSON.parse(readFileSync(this.#output, 'utf8')))
  }

  /** Ends the program, and removes its files. */
  kill(): void {
    this.#child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #output(): string {
    return join(this.#folder, 'profile.json')
  }
}
