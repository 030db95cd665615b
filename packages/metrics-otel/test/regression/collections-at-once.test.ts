import type { StatsSource } from '@pool/core/interfaces'
import { expect, it } from 'vitest'
import { PoolObserver } from '../../src/pool-observer.js'
import { poolInstruments } from '../../src/semconv.js'
import { sourceOf } from '../collector.js'

/** Longer than pools are read in one go. */
const longMs = 5

// The SDK takes a sum that falls for a new one. Where another reader collects next, it adds all of that to what it had.
it('hands no count over that is lower than the one of a collection that was faster', async () => {
  const figures = sourceOf('counted', {}).stats()
  let exhaustions = 1000
  const counted: StatsSource = { name: 'counted', stats: () => ({ ...figures, exhaustions: ++exhaustions }) }
  let overtaking: Promise<void> | undefined
  const slow: StatsSource = {
    name: 'slow',
    stats: () => {
      if (overtaking === undefined) {
        for (const end = performance.now() + longMs; performance.now() < end; );
        // Begins once the first collection has paused.
        overtaking = Promise.resolve().then(collect)
      }
      return { ...figures, name: 'slow', closed: true }
    }
  }
  const instrument = poolInstruments.find(({ name }) => name === 'pool.buffer.exhaustions')
  const observables = new Map([[instrument as (typeof poolInstruments)[number], { addCallback() {}, removeCallback() {} }]])
  const observer = new PoolObserver({ sources: () => [counted, slow] }, observables, {})
  const handedOver: number[] = []
  const collect = async () => {
    let value = 0
    await observer.observe({ observe: (_observable, observed) => (value = observed) })
    handedOver.push(value)
  }

  await collect()
  await overtaking

  expect(handedOver).toEqual([1001, 1002])
})
