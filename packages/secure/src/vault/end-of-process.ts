/** A holder of secrets that can be wiped on the spot. */
export interface Wipeable {
  /** Overwrites its secrets, and nothing else: they may still be released later. Never throws. */
  blank(): void
}

const everything = new Set<Wipeable>()
const watchedSignals = new Set<NodeJS.Signals>()
let installed = false

/** Keeps `memory` within reach of the end of the process until {@link forget}. */
export function remember(memory: Wipeable): void {
  everything.add(memory)
  if (installed) return
  installed = true
  // Node comes by here on process.exit(), when nothing is left to do, and after an uncaught exception.
  process.prependListener('exit', wipeEverything)
}

/** Forgets memory that {@link remember} noted. */
export function forget(memory: Wipeable): void {
  everything.delete(memory)
}

/** Wipes the memory of every pool of this process, out or idle. */
export function wipeEverything(): void {
  for (const memory of everything) memory.blank()
}

/**
 * Wipes everything when `signal` comes and has no other listener, and then lets the signal have its usual effect. Where
 * it has another, that listener ends the process, and its process.exit() wipes.
 */
export function wipeOnSignal(signal: NodeJS.Signals): void {
  if (watchedSignals.has(signal)) return
  watchedSignals.add(signal)
  const onSignal = () => {
    if (process.listenerCount(signal) > 1) return
    wipeEverything()
    process.off(signal, onSignal)
    process.kill(process.pid, signal)
  }
  process.on(signal, onSignal)
}
