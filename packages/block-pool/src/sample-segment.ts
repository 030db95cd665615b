import { BlockPool } from './block-pool.js'
import type { Slab } from './slab.js'

/** What a block of samples is: made and never handed out, out with somebody, or free after it was out. */
export type SampleState = 'allocated' | 'in-use' | 'recycled'

const states: readonly SampleState[] = ['allocated', 'in-use', 'recycled']

/** What a segment belongs to. */
export interface SegmentOwner {
  /** A block of one of its segments is free again. */
  freed(segment: SampleSegment): void
}

/** Some blocks of a sample bucket that were made together, and are given up together. */
export class SampleSegment extends BlockPool<Float32Array> {
  /** The pool that it belongs to. */
  readonly home: object
  /** The bucket that it belongs to. */
  readonly owner: SegmentOwner
  /** Where it stands among the bucket's segments. */
  position: number
  /** Blocks that were handed out at least once. */
  everTaken = 0
  /** The state of each block, by its place in the list of states. */
  readonly #states: Uint8Array

  /** Makes `blocks` of `samples` each. */
  constructor(
    home: { readonly name: string },
    owner: SegmentOwner,
    position: number,
    samples: number,
    blocks: number,
    backing: Slab | 'array' | 'shared'
  ) {
    super({ name: `${home.name}/${samples}`, type: Float32Array, shape: samples, blocks, backing })
    this.home = home
    this.owner = owner
    this.position = position
    this.#states = new Uint8Array(blocks)
  }

  /** Takes a block of a segment that has one. */
  take(): Float32Array {
    const view = this.getBlock() as Float32Array
    const index = this.indexOf(view)
    if (this.#states[index] === 0) this.everTaken++
    this.#states[index] = 1
    return view
  }

  /** Takes a block back; throws as `returnBlock`. */
  giveBack(view: Float32Array): void {
    const index = this.indexOf(view)
    this.returnBlock(index)
    this.#states[index] = 2
  }

  /** The state of a block. */
  stateOf(index: number): SampleState {
    return states[this.#states[index]!] as SampleState
  }
}
