import { corrupt } from '../pool/refusals.js'
import type { ExtentMap } from './extent-map.js'
import { Row, RowState } from './extent-row.js'
import { binOf } from './size-bins.js'

// Tests audit after each of a million steps, and run unbundled, where a member of another module's enum is looked up each time.
const { Offset, Size, Prev, Next, NextFree, PrevFree, Handle, Pins, Slack } = Row
const { Free, Spare } = RowState

/** The extents that an audit counted. */
export interface ExtentAudit {
  /** Used extents. */
  readonly used: number
  /** Free extents. */
  readonly free: number
  /** Units in free extents. */
  readonly freeUnits: number
}

/**
 * Walks all records of an extent map, and checks them against each other: extents lie end to end and fill the slab; neighbours know
 * each other; no two free ones touch; each free one lies in the bin of its size, and in no other; the bitmaps mark the bins that are
 * not empty; the counters add up; spare rows are the rest. Linear in the extents.
 * @throws `ERR_POOL_CORRUPT`
 */
export function auditExtents(map: ExtentMap): ExtentAudit {
  const { rows } = map
  let [extent, prev, offset, used, free, freeUnits, slack] = [rows[Next]!, 0, 0, 0, 0, 0, 0]
  while (extent !== 0) {
    const at = extent << 3
    const handle = rows[at + Handle]!
    if (used + free > map.extents) throw corrupt('the ring of extents does not close')
    if (rows[at + Offset] !== offset) throw corrupt(`an extent begins at ${rows[at + Offset]}, not at ${offset}`)
    if (rows[at + Size]! <= 0) throw corrupt(`the extent at ${offset} has ${rows[at + Size]} units`)
    if (rows[at + Prev] !== prev) throw corrupt(`the extent at ${offset} does not know the one before it`)
    if (handle === Free) {
      if (prev !== 0 && rows[(prev << 3) + Handle] === Free) throw corrupt(`two free extents touch at ${offset}`)
      free++
      freeUnits += rows[at + Size]!
    } else {
      if (handle < 0 || map.rowOf(handle) !== extent) throw corrupt(`the handle of the extent at ${offset} leads elsewhere`)
      if (rows[at + Pins]! < 0 || rows[at + Slack]! < 0) throw corrupt(`the extent at ${offset} has a negative count`)
      used++
      slack += rows[at + Slack]!
    }
    offset += rows[at + Size]!
    prev = extent
    extent = rows[at + Next]!
  }
  if (rows[Prev] !== prev) throw corrupt('the last extent is not known as such')
  if (offset !== map.units) throw corrupt(`the extents are ${offset} units of ${map.units}`)
  if (used !== map.used || freeUnits !== map.freeUnits || used + free !== map.extents || slack !== map.slackBytes) {
    throw corrupt(`a counter is off: ${used} used, ${free} free, ${freeUnits} free units, ${slack} bytes of slack`)
  }
  auditBins(map, free)
  auditSpareRows(map)
  return { used, free, freeUnits }
}

function auditBins({ rows, bins, extents }: ExtentMap, free: number): void {
  let found = 0
  for (let bin = 0; bin < bins.heads.length; bin++) {
    const marked = (bins.bins[bin >>> 5]! & (1 << (bin & 31))) !== 0
    if (marked !== (bins.heads[bin] !== 0)) throw corrupt(`the bitmap is wrong about bin ${bin}`)
    let prev = 0
    for (let extent = bins.heads[bin]!; extent !== 0; extent = rows[(extent << 3) + NextFree]!) {
      const at = extent << 3
      if (rows[at + Handle] !== Free) throw corrupt(`bin ${bin} holds an extent that is not free`)
      if (binOf(rows[at + Size]!) !== bin) throw corrupt(`bin ${bin} holds an extent of ${rows[at + Size]} units`)
      if (rows[at + PrevFree] !== prev) throw corrupt(`bin ${bin} is not linked both ways`)
      if (++found > extents) throw corrupt(`bin ${bin} is a ring`)
      prev = extent
    }
  }
  if (found !== free) throw corrupt(`${free} extents are free, and ${found} lie in bins`)
  for (let group = 0; group < bins.bins.length; group++) {
    if (((bins.groups & (1 << group)) !== 0) !== (bins.bins[group] !== 0)) throw corrupt(`the bitmap is wrong about group ${group}`)
  }
}

function auditSpareRows({ rows, touchedRows, extents }: ExtentMap): void {
  let spare = 0
  for (let row = 1; row < touchedRows; row++) if (rows[(row << 3) + Handle] === Spare) spare++
  if (spare + extents + 1 !== touchedRows) {
    throw corrupt(`${touchedRows} rows were used, ${extents} are extents, and ${spare} are spare`)
  }
}
