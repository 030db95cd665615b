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
  const { program, load, operations, environment, plan, isObserved = false } = options
  const folder = mkdtempSync(join(tmpdir(), 'advisor-bench-'))
  const output = join(folder, 'profile.json')
  const child = fork(fileURLToPath(new URL(`../programs/${program}.js`, import.meta.url)), {
    execArgv: isObserved ? [`--import=${import.meta.resolve('@pool/advisor/register')}`] : [],
    env: {
      ...process.env,
      ...environment,
      POOL_ADVISOR_OUTPUT: output,
      ...(plan === undefined ? {} : { PROGRAM_POOL: JSON.stringify(plan) })
    }
  })
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    await load(port, Math.ceil(operations * warmingRatio))
    const before = await reading(child)
    const begin = performance.now()
    await load(port, operations)
    const seconds = (performance.now() - begin) / 1000
    const after = await reading(child)
    const peakRssBytes = peakRssOf(child)
    const ended = once(child, 'exit')
    child.send('end')
    await ended
    const each = (of: keyof Reading) => (after[of] - before[of]) / operations
    return {
      spent: {
        cpuUs: each('cpuUs'),
        faults: each('faults'),
        collectorUs: each('collectorMs') * 1000,
        peakRssBytes,
        perSecond: operations / seconds
      },
      profile: isObserved ? validProfile(JSON.parse(readFileSync(output, 'utf8'))) : undefined
    }
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function reading(child: ChildProcess): Promise<Reading> {
  child.send('reading')
  const [answer] = (await once(child, 'message')) as [Reading]
  return answer
}

/** The peak that Linux reports; NaN elsewhere. `resourceUsage()` in the child would show the peak of this process, too. */
function peakRssOf({ pid }: ChildProcess): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024
  } catch {
    return Number.NaN
  }
}
