import type { Region } from './backing.js'
import { mapLimit } from './lock-limit.js'
import type { Sodium } from './sodium.js'

/** Bytes of the canary that libsodium puts before the memory, in the first of its pages. */
const sodiumCanaryBytes = 16
/** Maps of the kernel that a guarded allocation splits its surroundings into, at the most. */
const mapsPerSlab = 5
/** Turns of the event loop until memory that was freed is really gone: sodium-native frees in a finalizer. */
const turnsUntilFreed = 3

let slabsInKernel = 0
let mostSlabs: number | undefined

/** Whether the process may have one more slab: all of them together take half of the kernel's maps at the most. */
function mayMakeSlab(): boolean {
  mostSlabs ??= Math.floor(mapLimit() / 2 / mapsPerSlab)
  return slabsInKernel < mostSlabs
}

const collected = new FinalizationRegistry<undefined>(countFreed)

function countFreed(): void {
  let turns = turnsUntilFreed
  const turn = () => {
    if (--turns > 0) setImmediate(turn).unref()
    else slabsInKernel--
  }
  turn()
}

/** Bytes of the pages that memory of `bytes` takes. */
export function pagesFor(bytes: number, pageBytes: number): number {
  return Math.ceil((bytes + sodiumCanaryBytes) / pageBytes) * pageBytes
}

/** The most that fits pages of `bytes`. */
export function usableOf(bytes: number): number {
  return bytes - sodiumCanaryBytes
}

/**
 * One guarded allocation of libsodium, carved into regions of one size.
 *
 * ```
 *   ┊ no access ┊ 16 │ region │ region │ region │ … │ rest ┊ no access ┊
 *                 ▲ libsodium's own canary
 * ```
 */
export class SodiumSlab {
  /** Bytes of each region. */
  readonly regionBytes: number
  /** Whether the system locked all of it. */
  readonly locked: boolean
  /** Bytes of its pages. */
  readonly pageBytes: number
  /** Whether any access ends the process. */
  noAccess = false
  /** Regions given out. */
  out = 0
  /** Whether it must never be carved again, nor freed by us. */
  sealed = false
  #secretsInUse = 0
  readonly #sodium: Sodium
  readonly #memory: Buffer
  readonly #vacant: number[] = []

  private constructor(sodium: Sodium, memory: Buffer, pageBytes: number, regionBytes: number) {
    this.#sodium = sodium
    this.#memory = memory
    this.regionBytes = regionBytes
    this.pageBytes = pageBytes
    this.locked = tryLock(sodium, memory)
    memory.fill(0)
    // The owners of all secrets in it have it as `secret.buffer`.
    Object.preventExtensions(memory.buffer)
    collected.register(memory.buffer, undefined, this)
    const count = Math.floor(memory.length / regionBytes)
    for (let index = count - 1; index >= 0; index--) this.#vacant.push(index * regionBytes)
  }

  /** A slab of `pageBytes`; `undefined` when the kernel's maps would run short, or the system has not that much. */
  static make(sodium: Sodium, pageBytes: number, regionBytes: number): SodiumSlab | undefined {
    if (!mayMakeSlab() || !systemHas(pageBytes)) return undefined
    const memory = sodium.sodium_malloc(usableOf(pageBytes))
    slabsInKernel++
    return new SodiumSlab(sodium, memory, pageBytes, regionBytes)
  }

  /** Whether a region can be had. */
  get hasVacancy(): boolean {
    return !this.sealed && this.#vacant.length > 0 && this.#memory.length > 0
  }

  /** A region that is not handed out. */
  carve(): Region | undefined {
    const offset = this.#vacant.pop()
    if (offset === undefined || this.sealed) return undefined
    this.out++
    this.open()
    return new SodiumRegion(this, this.#memory.buffer, this.#memory.byteOffset + offset)
  }

  /** Takes a region back. */
  vacate(region: Region): void {
    this.out--
    this.#vacant.push(region.offset - this.#memory.byteOffset)
  }

  /** A secret in it is about to be used. */
  open(): void {
    if (!this.noAccess) return
    this.#sodium.sodium_mprotect_readwrite(this.#memory)
    this.noAccess = false
  }

  /** Counts a secret that is used; the slab must be accessible for it. */
  enter(): void {
    this.open()
    this.#secretsInUse++
  }

  /** Counts a secret that was wiped; with the last of them the slab is closed. */
  leave(): void {
    if (--this.#secretsInUse === 0) this.forbidAccess()
  }

  /** Makes any access end the process. */
  forbidAccess(): void {
    if (this.noAccess || this.sealed) return
    this.#sodium.sodium_mprotect_noaccess(this.#memory)
    this.noAccess = true
  }

  /** Wipes and frees it; every view of it is of length 0 from then on. */
  free(): void {
    // sodium_free zeroes too, but some turns of the event loop later.
    this.open()
    this.#memory.fill(0)
    collected.unregister(this)
    this.#sodium.sodium_free(this.#memory)
    countFreed()
  }
}

/** A region of a slab. */
export class SodiumRegion implements Region {
  readonly slab: SodiumSlab
  readonly memory: ArrayBufferLike
  readonly offset: number
  readonly bytes: number

  constructor(slab: SodiumSlab, memory: ArrayBufferLike, offset: number) {
    this.slab = slab
    this.memory = memory
    this.offset = offset
    this.bytes = slab.regionBytes
  }

  get noAccess(): boolean {
    return this.slab.noAccess
  }
}

function tryLock(sodium: Sodium, memory: Buffer): boolean {
  try {
    // sodium_malloc has tried this too, but does not return whether it worked.
    sodium.sodium_mlock(memory)
    return true
  } catch {
    return false
  }
}

/** sodium_malloc ends the process when there is no memory, so large ones are tried out first. */
function systemHas(bytes: number): boolean {
  if (bytes < 2 ** 20) return true
  try {
    return new ArrayBuffer(bytes).byteLength === bytes
  } catch {
    return false
  }
}
