import { readdirSync, readFileSync } from 'node:fs'

const threads = '/proc/self/task'

/**
 * CPU time of V8's helper threads so far, ms: they collect beside the main thread, and compile. Some 100 µs.
 * @returns undefined where the system does not say it, or the threads have no names: they have from Node 24 on, on Linux
 */
export function helperThreadsMs(): number | undefined {
  try {
    const helpers = readdirSync(threads).filter((thread) => /V8Worker$/.test(readFileSync(`${threads}/${thread}/comm`, 'latin1').trim()))
    if (helpers.length === 0) return undefined
    return helpers.reduce((sum, thread) => sum + Number.parseInt(readFileSync(`${threads}/${thread}/schedstat`, 'latin1'), 10), 0) / 1e6
  } catch {
    return undefined
  }
}
