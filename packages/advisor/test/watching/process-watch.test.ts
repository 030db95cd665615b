import { setTimeout as after } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ProcessWatch } from '../../src/watching/process-watch.js'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void

describe('ProcessWatch', () => {
  it('counts the bytes before a major collection since the major one before it, not since a young one', async () => {
    let madeBytes = 0
    const watch = new ProcessWatch(
      () => {},
      () => madeBytes
    )
    try {
      madeBytes = 2 ** 24
      gc({ type: 'minor' })
      await after(20)
      madeBytes += 2 ** 10
      gc()
      await after(20)
      const { byMadeBytes = [], major } = watch.reading().collections
      expect(major).toBeGreaterThan(0)
      // Since the young collection there was 1 KiB.
      expect(byMadeBytes.filter(({ bytes }) => bytes < 2 ** 20)).toEqual([])
    } finally {
      watch.stop()
    }
  })
})
