/**
 * Observes a program that is started with `node --import @pool/advisor/register`, or `--require`, and writes a profile as it ends.
 * @module
 */

import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { isPoolError } from '@pool/core'
import { outsideRequests } from '@pool/core/kit'
import type { Profile } from './profile.js'
import { outputFile, settingsOf } from './settings.js'
import { type Observation, startAdvisor } from './start-advisor.js'

// Worker threads inherit the flag, and would overwrite the profile of the main thread, which names them.
if (isMainThread) register()

function register(): void {
  const settings = settingsOf(process.env)
  let observation: Observation
  try {
    observation = startAdvisor(settings.meanBytes === undefined ? {} : { meanBytes: Math.round(settings.meanBytes) })
  } catch (error) {
    // Both --import and --require were given: one of them is enough.
    if (isPoolError(error, 'ERR_POOL_ADVISOR_ACTIVE')) return
    throw error
  }
  process.env.POOL_ADVISOR_FIRST ??= String(process.pid)
  const file = resolve(outputFile(settings, process.pid, process.env.POOL_ADVISOR_FIRST === String(process.pid)))

  let ended = false
  const end = (): void => {
    if (ended) return
    ended = true
    write(file, () => observation.stop())
  }
  process.on('exit', end)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const onSignal = (): void => {
      // A program that listens too ends in its own way, and this is called for it at 'exit'.
      if (process.listenerCount(signal) > 1) return
      end()
      process.off(signal, onSignal)
      process.kill(process.pid, signal)
    }
    process.on(signal, onSignal)
  }
  if (process.platform !== 'win32') process.on('SIGUSR2', () => write(file, () => observation.profile()))
  if (settings.seconds !== undefined) outsideRequests(() => setTimeout(end, Number(settings.seconds) * 1000)).unref()
}

function write(file: string, profile: () => Profile): void {
  try {
    writeFileSync(file, `${JSON.stringify(profile())}\n`)
  } catch (error) {
    // The program must end as it would have.
    console.error(
      `@pool/advisor can't write its profile: ${(error as Error).message}. Set POOL_ADVISOR_OUTPUT to a file that can be written.`
    )
  }
}
