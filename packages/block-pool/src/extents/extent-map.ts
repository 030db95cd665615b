import { Row, RowState } from './extent-row.js'
import { SizeBins } from './size-bins.js'

/** A row is not reused until this many others were given up after it, so that a stale handle stays known as stale for longer. */
const restingRows = 256

/**
 * The used and the free parts of a slab, by two-level segregated fit. Knows units and handles, and nothing of
 * memory: its rows lie outside the slab, so that no overrun of a block can touch them.
 *
 * ```
 *   slab   │ used  │ free        │ used │ used    │ free  │      neighbours are linked both ways;
 *   rows     3 ◄───► 7 ◄─────────► 1 ◄──► 4 ◄─────► 2            two free ones never touch
 *
 *   handle = generation · 2^rowBits + row                        its row holds the handle that is valid now
 * ```
 */
export class ExtentMap {
  /** Eight integers per extent, see {@link Row}. */
  rows: Int32Array
  /** The free extents by size. */
  readonly bins: SizeBins
  /** Units of the slab. */
  units: number
  /** Units of all free extents. */
  freeUnits: number
  /** Bytes at the ends of used extents beyond those asked for. */
  slackBytes = 0
  /** Used extents. */
  used = 0
  /** Rows in use, free extents among them, row 0 not. */
  extents = 0
  /** Rows that were ever in use, row 0 among them. */
  touchedRows = 1

  readonly #rowMask: number
  readonly #maxRows: number
  readonly #oneGeneration: number
  #rowCapacity: number
  #firstSpare = 0
  #lastSpare = 0
  #spareRows = 0

  /**
   * @param units - free units to begin with
   * @param maxUnits - the most there will ever be
   * @param maxExtents - the most extents there can be, free ones among them
   */
  constructor(units: number, maxUnits: number, maxExtents: number) {
    const rowBits = 32 - Math.clz32(maxExtents)
    this.#maxRows = maxExtents + 1
    this.#rowMask = 2 ** rowBits - 1
    this.#oneGeneration = 2 ** rowBits
    this.#rowCapacity = Math.min(64, this.#maxRows)
    this.rows = new Int32Array(this.#rowCapacity << 3)
    this.rows[Row.Handle] = RowState.Border
    this.bins = new SizeBins(maxUnits)
    this.units = 0
    this.freeUnits = 0
    this.extend(units)
  }

  /** Bytes of all that is kept beside the slab. */
  get bookkeepingBytes(): number {
    return this.rows.byteLength + this.bins.heads.byteLength + this.bins.bins.byteLength
  }

  /** Units that are free at the end of the slab. */
  get freeTail(): number {
    const last = this.rows[Row.Prev]! << 3
    return this.rows[last + Row.Handle] === RowState.Free ? this.rows[last + Row.Size]! : 0
  }

  /** Whether there are as many extents as there may be. */
  get full(): boolean {
    return this.#spareRows === 0 && this.touchedRows === this.#maxRows
  }

  /** The row of a handle; 0 when it is none that is valid now. */
  rowOf(handle: number): number {
    if (typeof handle !== 'number') return 0
    const row = handle & this.#rowMask
    return row < this.#rowCapacity && this.rows[(row << 3) + Row.Handle] === handle ? row : 0
  }

  /**
   * Takes `units`, lowest part of a free extent that fits well.
   * @param slack - bytes of them beyond those asked for
   * @returns a handle; 0 when no free extent is large enough
   */
  allocate(units: number, slack: number): number {
    let rows = this.rows
    const extent = this.bins.take(rows, units)
    if (extent === 0) return 0
    const at = extent << 3
    const rest = rows[at + Row.Size]! - units
    if (rest !== 0) {
      const remainder = this.#takeRow()
      if (remainder === 0) {
        this.bins.insert(rows, extent)
        return 0
      }
      rows = this.rows
      const next = rows[at + Row.Next]!
      const there = remainder << 3
      rows[there + Row.Offset] = rows[at + Row.Offset]! + units
      rows[there + Row.Size] = rest
      rows[there + Row.Prev] = extent
      rows[there + Row.Next] = next
      rows[there + Row.Handle] = RowState.Free
      rows[at + Row.Size] = units
      rows[at + Row.Next] = remainder
      rows[(next << 3) + Row.Prev] = remainder
      this.bins.insert(rows, remainder)
    }
    const last = rows[at + Row.LastHandle]!
    // 30 bits, so that every engine keeps it as a small integer, and handing one out allocates nothing.
    const handle = last === 0 ? extent : (last + this.#oneGeneration) & 0x3fff_ffff
    rows[at + Row.Handle] = handle
    rows[at + Row.LastHandle] = handle
    rows[at + Row.Slack] = slack
    rows[at + Row.Pins] = 0
    this.freeUnits -= units
    this.slackBytes += slack
    this.used++
    return handle
  }

  /** Frees the extent of a valid row, and joins it with free neighbours. */
  free(extent: number): void {
    const rows = this.rows
    const at = extent << 3
    this.freeUnits += rows[at + Row.Size]!
    this.slackBytes -= rows[at + Row.Slack]!
    this.used--
    rows[at + Row.Handle] = RowState.Free
    this.bins.insert(rows, this.join(extent))
  }

  /** Joins a free extent that is in no bin with its free neighbours, which leave theirs. Returns the row of the whole. */
  join(extent: number): number {
    const rows = this.rows
    const next = rows[(extent << 3) + Row.Next]!
    if (rows[(next << 3) + Row.Handle] === RowState.Free) {
      this.bins.remove(rows, next)
      this.#absorb(extent, next)
    }
    const prev = rows[(extent << 3) + Row.Prev]!
    if (rows[(prev << 3) + Row.Handle] !== RowState.Free) return extent
    this.bins.remove(rows, prev)
    this.#absorb(prev, extent)
    return prev
  }

  /**
   * Gives a used extent another size where it is.
   * @returns whether that was possible: when it shrinks, or the extent after it is free and large enough
   */
  resize(extent: number, units: number, slack: number, unitBytes: number): boolean {
    const rows = this.rows
    const at = extent << 3
    const more = units - rows[at + Row.Size]!
    const next = rows[at + Row.Next]!
    const room = rows[(next << 3) + Row.Handle] === RowState.Free ? rows[(next << 3) + Row.Size]! : 0
    if (more > room) return false
    if (more < 0 && room === 0) return this.#cutTail(extent, units, slack, unitBytes)
    if (more !== 0) {
      this.bins.remove(rows, next)
      if (more === room) this.#absorb(extent, next)
      else {
        rows[at + Row.Size] = units
        rows[(next << 3) + Row.Offset]! += more
        rows[(next << 3) + Row.Size] = room - more
        this.bins.insert(rows, next)
      }
      this.freeUnits -= more
    }
    this.#setSlack(extent, slack)
    return true
  }

  /** Lets a free extent, which is in no bin, and the used one after it change places. The caller copies the bytes. */
  slide(hole: number, extent: number): void {
    const rows = this.rows
    const [before, after] = [rows[(hole << 3) + Row.Prev]!, rows[(extent << 3) + Row.Next]!]
    const offset = rows[(hole << 3) + Row.Offset]!
    rows[(extent << 3) + Row.Offset] = offset
    rows[(hole << 3) + Row.Offset] = offset + rows[(extent << 3) + Row.Size]!
    this.#link(before, extent)
    this.#link(extent, hole)
    this.#link(hole, after)
  }

  /** Adds free units at the end, of a map that is not {@link full}. */
  extend(units: number): void {
    const last = this.rows[Row.Prev]!
    if (last !== 0 && this.rows[(last << 3) + Row.Handle] === RowState.Free) {
      this.bins.remove(this.rows, last)
      this.rows[(last << 3) + Row.Size]! += units
      this.bins.insert(this.rows, last)
    } else {
      const extent = this.#takeRow()
      this.#place(extent, this.units, units, last, 0)
      this.bins.insert(this.rows, extent)
    }
    this.units += units
    this.freeUnits += units
  }

  #cutTail(extent: number, units: number, slack: number, unitBytes: number): boolean {
    const tail = this.#takeRow()
    const rows = this.rows
    const at = extent << 3
    const rest = rows[at + Row.Size]! - units
    if (tail === 0) {
      // With no row for the tail, the extent keeps its size, and all that it has too much is slack.
      this.#setSlack(extent, slack + rest * unitBytes)
      return true
    }
    rows[at + Row.Size] = units
    this.#place(tail, rows[at + Row.Offset]! + units, rest, extent, rows[at + Row.Next]!)
    this.bins.insert(rows, tail)
    this.freeUnits += rest
    this.#setSlack(extent, slack)
    return true
  }

  #setSlack(extent: number, slack: number): void {
    const at = (extent << 3) + Row.Slack
    this.slackBytes += slack - this.rows[at]!
    this.rows[at] = slack
  }

  #place(extent: number, offset: number, size: number, prev: number, next: number): void {
    const rows = this.rows
    const at = extent << 3
    rows[at + Row.Offset] = offset
    rows[at + Row.Size] = size
    rows[at + Row.Handle] = RowState.Free
    this.#link(prev, extent)
    this.#link(extent, next)
  }

  #link(left: number, right: number): void {
    this.rows[(left << 3) + Row.Next] = right
    this.rows[(right << 3) + Row.Prev] = left
  }

  /** Adds an extent to the one before it, and lays its row behind the other spare ones. */
  #absorb(extent: number, next: number): void {
    const rows = this.rows
    const at = next << 3
    const after = rows[at + Row.Next]!
    rows[(extent << 3) + Row.Size]! += rows[at + Row.Size]!
    rows[(extent << 3) + Row.Next] = after
    rows[(after << 3) + Row.Prev] = extent
    rows[at + Row.Handle] = RowState.Spare
    if (this.#spareRows === 0) this.#firstSpare = next
    else rows[(this.#lastSpare << 3) + Row.NextFree] = next
    this.#lastSpare = next
    this.#spareRows++
    this.extents--
  }

  /** A row for one more extent; 0 when there are as many as there may be. */
  #takeRow(): number {
    if (this.#spareRows <= restingRows && this.touchedRows !== this.#maxRows) return this.#freshRow()
    if (this.#spareRows === 0) return 0
    const row = this.#firstSpare
    this.#firstSpare = this.rows[(row << 3) + Row.NextFree]!
    this.#spareRows--
    this.extents++
    return row
  }

  #freshRow(): number {
    if (this.touchedRows === this.#rowCapacity) this.#growRows()
    this.extents++
    return this.touchedRows++
  }

  #growRows(): void {
    this.#rowCapacity = Math.min(this.#rowCapacity * 2, this.#maxRows)
    const rows = new Int32Array(this.#rowCapacity << 3)
    rows.set(this.rows)
    this.rows = rows
  }
}
