import { setTimeout as after } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { ProcessReading } from '../../src/profile.js'
import { ProcessWatch } from '../../src/watching/process-watch.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void

/** What a watch reads of a young collection after 16 MiB, and a major one after a KiB more. */
async function twoCollections(): Promise<ProcessReading['collections']> {
  let madeBytes = 0
  const watch = new ProcessWatch(
    () => {},
    () => madeBytes
  )
  try {
    // The watch takes it that bytes are made evenly until it hears of a collection, which it does soon after it.
    await after(50)
    madeBytes = 2 ** 24
    gc({ type: 'minor' })
    await after(20)
    madeBytes += 2 ** 10
    gc()
    await after(20)
    return watch.reading().collections
  } finally {
    watch.stop()
  }
}

describe('ProcessWatch', () => {
  it('counts the bytes before a major collection since the major one before it, not since a young one', async () => {
    // V8 may collect by itself in between.
    let collections = await twoCollections()
    for (let round = 0; round < 50 && collections.minor + collections.major + collections.incremental > 2; round++) {
      collections = await twoCollections()
    }
    expect(collections).toMatchObject({ minor: 1, major: 1, incremental: 0 })
    // Since the young collection there was 1 KiB.
    expect(collections.byMadeBytes?.filter(({ bytes }) => bytes < 2 ** 20)).toEqual([])
  })
})
