import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Profile } from '../profile.js'
import { validProfile } from '../valid-profile.js'

/** How an observed program ended, and its profile. */
export interface ObservedProgram {
  /** Its exit code; for a program that a signal ended, 128 and the signal's number, as in shells. */
  readonly code: number
  /** The signal that ended it. */
  readonly signal: NodeJS.Signals | null
  /** The profile of the process that made the most Buffers; absent where none was written. */
  readonly profile: Profile | undefined
  /** Processes of the program that wrote a profile. */
  readonly processes: number
}

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const

/**
 * Runs a program with the sampler in it, and in each Node.js process that it starts. Its input and output are this process's, and the signals
 * of this process are passed on.
 * @param seconds - ends the observation after this time; the program goes on
 * @throws the error of `spawn`, where there is no such program
 */
export async function runObserved(program: string, parameters: readonly string[], seconds?: string): Promise<ObservedProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'pool-advisor-'))
  try {
    const child = spawn(program, [...parameters], {
      stdio: 'inherit',
      env: {
        ...process.env,
        NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${import.meta.resolve('@pool/advisor/register')}`.trim(),
        POOL_ADVISOR_OUTPUT: join(folder, '%p.json'),
        ...(seconds === undefined ? {} : { POOL_ADVISOR_SECONDS: seconds })
      }
    })
    const pass = (signal: NodeJS.Signals): void => {
      // A terminal has sent Ctrl-C to the program already; a second one makes many programs end at once.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    for (const signal of passedOn) process.on(signal, pass)
    try {
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      return { code: code ?? 128 + constants.signals[signal as NodeJS.Signals], signal, ...profilesIn(folder) }
    } finally {
      for (const signal of passedOn) process.off(signal, pass)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A launcher such as npm is a Node.js program, too: the one with the most bytes is the one that is meant. */
function profilesIn(folder: string): Pick<ObservedProgram, 'profile' | 'processes'> {
  const profiles = readdirSync(folder).flatMap((file) => readable(join(folder, file)))
  const bytesOf = ({ sites }: Profile) => sites.reduce((sum, { bytes }) => sum + bytes, 0)
  const [profile] = profiles.sort((one, other) => bytesOf(other) - bytesOf(one))
  return { profile, processes: profiles.length }
}

function readable(path: string): Profile[] {
  try {
    return [validProfile(JSON.parse(readFileSync(path, 'utf8')))]
  } catch {
    // A process that was killed while it wrote.
    return []
  }
}
