import { readFileSync } from 'node:fs'

/** How long the event loop is held at a stretch, looked at once in each of its rounds. */
export class StretchWatch {
  #longestMs = 0
  #longestCpuMs = 0
  #isOn = true
  #at = performance.now()
  #cpuAt = cpuMs()

  constructor() {
    setImmediate(() => this.#look())
  }

  /** Ends it. CPU time leaves out what other processes took meanwhile. */
  stop(): { readonly wallMs: number; readonly cpuMs: number } {
    this.#look()
    this.#isOn = false
    return { wallMs: this.#longestMs, cpuMs: this.#longestCpuMs }
  }

  #look(): void {
    if (!this.#isOn) return
    const [now, cpuNow] = [performance.now(), cpuMs()]
    this.#longestMs = Math.max(this.#longestMs, now - this.#at)
    this.#longestCpuMs = Math.max(this.#longestCpuMs, cpuNow - this.#cpuAt)
    this.#at = now
    this.#cpuAt = cpuNow
    setImmediate(() => this.#look())
  }
}

/** CPU time of the main thread in ms, where the system reports it (Linux); else of the whole process, with the collector's helpers. */
export function cpuMs(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6
  } catch {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  }
}
