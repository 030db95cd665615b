import type { Backing, Region } from '../backing/backing.js'
import { forget, remember } from './end-of-process.js'
import { EntropyReserve } from './entropy-reserve.js'

/** Bytes of the reserve on the heap; in guarded memory it takes one slab instead, since locked memory is scarce. */
const heapBytes = 65_536
const guardedBytes = 16_368

/** The entropy of one pool in random mode, in memory of the pool's own kind: it is what tokens are made of. */
export class RandomReserve {
  /** What fills secrets. */
  readonly entropy: EntropyReserve
  readonly #backing: Backing
  readonly #region: Region

  private constructor(backing: Backing, region: Region) {
    this.#backing = backing
    this.#region = region
    backing.open(region)
    this.entropy = new EntropyReserve(new Uint8Array(region.memory, region.offset, region.bytes))
    remember(this.entropy)
  }

  /** A reserve in memory of `backing`; `undefined` when there is none. */
  static make(backing: Backing): RandomReserve | undefined {
    const region = backing.allocate(backing.capabilities().backend === 'heap' ? heapBytes : guardedBytes)
    return region && new RandomReserve(backing, region)
  }

  /** Wipes it and gives its memory back. */
  end(): void {
    this.entropy.end()
    forget(this.entropy)
    this.#backing.close(this.#region)
    this.#backing.vacate(this.#region)
  }
}
