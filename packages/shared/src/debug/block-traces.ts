import type { CallerPlaces } from '@pool/core/kit/universal'
import { type Layout, traceUnits } from '../layout.js'
import { bufferOf, type SharedWebAssemblyMemory } from '../pool-memory.js'
import { threadIdHere } from '../thread-id.js'

const poison = 0xdb_db_db_db | 0
const unitsOfText = traceUnits / 2

/** Where a block was taken last, and where it was given away last. */
export interface BlockTrace {
  /** The thread and the place in its code of the last acquire or receive; empty before the first. */
  readonly takenAt: string
  /** The thread and the place in its code of the last release or send; empty before the first. */
  readonly givenAt: string
}

/**
 * The debug mode's record of each block, in shared memory, so that it outlives the thread that wrote it: two texts, and poison in the block
 * itself while no thread holds it.
 *
 * ```
 *   trace      length │ taken at, 255 UTF-16 units │ length │ given at, 255 UTF-16 units
 * ```
 */
export class BlockTraces {
  /** Finds the place in the caller's code. */
  places: CallerPlaces | undefined
  readonly #text: Uint16Array
  readonly #contents: Int32Array
  readonly #blockUnits: number
  readonly #thread: string

  constructor(memory: SharedArrayBuffer | SharedWebAssemblyMemory, byteOffset: number, layout: Layout, seat: number) {
    const buffer = bufferOf(memory)
    this.#text = new Uint16Array(buffer, byteOffset + layout.firstTrace * 4, layout.blocks * traceUnits)
    this.#contents = new Int32Array(buffer, byteOffset + layout.dataOffset, (layout.blocks * layout.blockStride) / 4)
    this.#blockUnits = layout.blockStride / 4
    const id = threadIdHere()
    this.#thread = id === undefined ? `seat ${seat}` : `thread ${id}, seat ${seat}`
  }

  /** Writes poison over all blocks. */
  poisonAll(): void {
    this.#contents.fill(poison)
  }

  /** Writes poison over a block that this thread gives back. */
  poison(index: number): void {
    this.#contents.fill(poison, index * this.#blockUnits, (index + 1) * this.#blockUnits)
  }

  /** The offset, in bytes, of the first four bytes of a free block that were written to; -1 for none. */
  firstDamaged(index: number): number {
    const start = index * this.#blockUnits
    for (let at = 0; at < this.#blockUnits; at++) if (this.#contents[start + at] !== poison) return at * 4
    return -1
  }

  /** Notes that this thread took the block. */
  taken(index: number): void {
    this.#write(index * traceUnits)
  }

  /** Notes that this thread gives the block away. */
  given(index: number): void {
    this.#write(index * traceUnits + unitsOfText)
  }

  /** The record of a block. */
  of(index: number): BlockTrace {
    return { takenAt: this.#read(index * traceUnits), givenAt: this.#read(index * traceUnits + unitsOfText) }
  }

  #write(at: number): void {
    const text = `${this.#thread}\n${this.places?.capture() ?? ''}`.slice(0, unitsOfText - 1)
    for (let unit = 0; unit < text.length; unit++) this.#text[at + 1 + unit] = text.charCodeAt(unit)
    this.#text[at] = text.length
  }

  #read(at: number): string {
    const length = this.#text[at] as number
    return String.fromCharCode(...this.#text.slice(at + 1, at + 1 + Math.min(length, unitsOfText - 1)))
  }
}
