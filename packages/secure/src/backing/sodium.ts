import nodeModule from 'node:module'
import { isAbsolute } from 'node:path'

/** The part of `sodium-native`, an optional peer, that this package uses. */
export interface Sodium {
  /** Memory between guard pages, locked if the system lets it be. Ends the process when the system has none. */
  sodium_malloc(bytes: number): Buffer
  /** Detaches the memory at once and frees it some turns of the event loop later. */
  sodium_free(memory: Buffer): void
  /** Locks memory; does nothing where that was done. Throws when the system refuses. */
  sodium_mlock(memory: Uint8Array): void
  /** Makes any access to the memory end the process. */
  sodium_mprotect_noaccess(memory: Buffer): void
  /** Makes the memory usable again. */
  sodium_mprotect_readwrite(memory: Buffer): void
}

const functions = ['sodium_malloc', 'sodium_free', 'sodium_mlock', 'sodium_mprotect_noaccess', 'sodium_mprotect_readwrite'] as const

let loaded: Sodium | string | undefined

/** `sodium-native`, or why it can't be used, as a sentence. Loaded when first asked for. */
export function loadSodium(): Sodium | string {
  loaded ??= load()
  return loaded
}

function load(): Sodium | string {
  let reason = 'sodium-native is not installed.'
  for (const place of placesToLookFrom()) {
    try {
      // Called as a method: webpack replaces an imported `createRequire` by nothing where it does not know the file at build time.
      const found = nodeModule.createRequire(place)('sodium-native') as Partial<Sodium>
      const missing = functions.find((name) => typeof found[name] !== 'function')
      if (missing === undefined) return found as Sodium
      reason = `sodium-native has no ${missing}; install version 5.`
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error'
      if (code !== 'MODULE_NOT_FOUND') reason = `sodium-native does not load on ${process.platform}-${process.arch}: ${code}.`
    }
  }
  return reason
}

/**
 * The files beside which `sodium-native` may be installed: this one, and the program that runs. In a bundle the first is missing, or is
 * a path of the machine that made it, and the second is the bundle.
 */
function placesToLookFrom(): string[] {
  const own = import.meta.url as string | undefined
  const program = [typeof __filename === 'string' ? __filename : undefined, process.argv[1]]
  return [own, ...program.filter((path) => path !== undefined && isAbsolute(path))].filter((place) => place !== undefined)
}
