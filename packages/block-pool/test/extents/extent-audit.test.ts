import { describe, expect, it } from 'vitest'
import { auditExtents } from '../../src/extents/extent-audit.js'
import { ExtentMap } from '../../src/extents/extent-map.js'
import { Row } from '../../src/extents/extent-row.js'
import { refuses } from '../support/refuses.js'

/** A map of used and free extents in turn; the third of them is free, the fourth used. */
function inPieces(): { map: ExtentMap; free: number; used: number } {
  const map = new ExtentMap(1000, 1000, 100)
  const handles = Array.from({ length: 10 }, () => map.allocate(50, 3))
  for (let at = 0; at < 10; at += 2) map.free(map.rowOf(handles[at]!))
  return { map, free: map.rowOf(handles[3]!) - 1, used: map.rowOf(handles[3]!) }
}

describe('auditExtents', () => {
  it('tells what there is', () => {
    expect(auditExtents(inPieces().map)).toEqual({ used: 5, free: 6, freeUnits: 750 })
  })

  it('finds each contradiction, with ERR_POOL_CORRUPT', () => {
    const columns = [Row.Offset, Row.Size, Row.Prev, Row.Next, Row.NextFree, Row.PrevFree, Row.Handle]
    for (const column of columns) {
      for (const which of ['free', 'used'] as const) {
        // A used extent's slack and pins are numbers that may be anything from 0 on.
        for (const change of [1, -1000]) {
          const { map, [which]: row } = inPieces()
          if (which === 'used' && column === Row.PrevFree && change === 1) continue
          map.rows[(row << 3) + column]! += change
          refuses('ERR_POOL_CORRUPT', () => auditExtents(map))
        }
      }
    }
    for (const tamper of [
      (map: ExtentMap) => map.freeUnits++,
      (map: ExtentMap) => map.used--,
      (map: ExtentMap) => map.units++,
      (map: ExtentMap) => map.extents++,
      (map: ExtentMap) => map.slackBytes++,
      (map: ExtentMap) => map.touchedRows++,
      (map: ExtentMap) => {
        map.bins.groups ^= 1
      },
      (map: ExtentMap) => {
        map.bins.bins[0]! ^= 4
      },
      (map: ExtentMap) => {
        map.bins.heads[3] = 1
      }
    ]) {
      const { map } = inPieces()
      tamper(map)
      refuses('ERR_POOL_CORRUPT', () => auditExtents(map))
    }
  })
})
