import { describe, expect, it } from 'vitest'
import { noSavings, pooledPart, predictSavings, sumOfSavings } from '../../src/advice/savings.js'
import type { Profile } from '../../src/profile.js'
import { machine } from '../support/calibration.js'
import { profileOf, siteOf } from '../support/profile-of.js'

describe('predictSavings', () => {
  it('gives a site its share of the faults, at the price that faults have here', () => {
    const profile = profileOf({ sites: [siteOf(), siteOf({ place: 'other' })] })
    const { minorFaults, cpuMs } = predictSavings(siteOf({ peakLive: 0 }), profile, machine)
    // Half of 180 000, less the 16 384 by which memory grew to its peak.
    expect(minorFaults.expected).toBeCloseTo(81_808)
    expect(minorFaults.low).toBeCloseTo(49_084.8)
    // These faults at 20 µs, 1000 allocations of 4 µs less those of the pool, half of half of 60 ms of collections, and half of 1000 MiB that were not in a cache.
    expect(cpuMs.expected).toBeCloseTo(1636.16 + 3.9 + 15 + 12.5)
    expect(cpuMs.low).toBeCloseTo(981.696 + 3.9 + 7.5)
  })

  /** The CPU time that is saved by `sites` alike, for this time of collections. */
  const savedOf = (byMadeBytes: { bytes: number; ms: number }[], changes: Partial<Profile['process']> = {}, sites = [siteOf()]) => {
    const { process } = profileOf()
    const collections = { ...process.collections, byMadeBytes }
    const profile = profileOf({ sites, process: { ...process, bufferFaults: 0, collections, ...changes } })
    return predictSavings(siteOf({ peakLive: 0 }), profile, machine).cpuMs.expected
  }

  it('counts a collection as far as the buffers filled half of the memory after which V8 collects', () => {
    const without = savedOf([])
    expect(savedOf([{ bytes: 2 ** 26, ms: 40 }]) - without).toBeCloseTo(40)
    expect(savedOf([{ bytes: 2 ** 24, ms: 40 }]) - without).toBeCloseTo(40)
    expect(savedOf([{ bytes: 2 ** 22, ms: 40 }]) - without).toBeCloseTo(10)
    expect(savedOf([{ bytes: 1, ms: 40 }]) - without).toBeCloseTo(0)
  })

  it('knows that the next collection comes sooner, where fewer buffers are made while V8 marks', () => {
    const two = [siteOf(), siteOf({ place: 'other' })]
    const without = savedOf([], {}, two)
    // 32 MiB until V8 begins, and none made meanwhile: half of the bytes bring about half of the collections.
    expect(savedOf([{ bytes: 2 ** 25, ms: 60 }], {}, two) - without).toBeCloseTo(30)
    // As many again meanwhile: the collections come after 48 instead of 64 MiB.
    expect(savedOf([{ bytes: 2 ** 26, ms: 60 }], {}, two) - without).toBeCloseTo(20)
  })

  it('leaves out of the time of collections the part in which the thread waited for a core', () => {
    const saved = (ranRatio: number) => savedOf([{ bytes: 2 ** 25, ms: 40 }], { ranRatio }) - savedOf([], { ranRatio })
    expect(saved(1)).toBeCloseTo(40)
    expect(saved(0.25)).toBeCloseTo(10)
  })

  it("counts the time of V8's helper threads as far as collections are due to buffers, and the site's share of that", () => {
    const { process } = profileOf()
    const cpuMs = (changes: Partial<typeof process>, sites = [siteOf()]) =>
      predictSavings(siteOf({ peakLive: 0 }), profileOf({ sites, process: { ...process, ...changes } }), machine).cpuMs.expected
    const collections = { ...process.collections, byMadeBytes: [{ bytes: 2 ** 25, ms: 15 }] }
    // Of 60 ms of collections, 15 came when buffers had filled the memory.
    expect(cpuMs({ collections, helperMs: 80 }) - cpuMs({ collections })).toBeCloseTo(20)
    const two = [siteOf(), siteOf({ place: 'other' })]
    expect(cpuMs({ collections, helperMs: 80 }, two) - cpuMs({ collections }, two)).toBeCloseTo(10)
    expect(cpuMs({ collections: { ...collections, totalMs: 0, byMadeBytes: [] }, helperMs: 80 })).toBeLessThan(
      cpuMs({ collections, helperMs: 80 })
    )
  })

  it('takes the faults that the profile counted for buffers, where it did', () => {
    const { process } = profileOf()
    const profile = profileOf({ process: { ...process, bufferFaults: 1000 } })
    expect(predictSavings(siteOf({ peakLive: 0 }), profile, machine).minorFaults.expected).toBeCloseTo(1000)
  })

  it('never counts more faults than the buffers have pages, nor more CPU time than there was', () => {
    const { process } = profileOf()
    const profile = profileOf({ process: { ...process, minorFaults: 10_000_000, cpuMs: 500 } })
    const { minorFaults, cpuMs, cpuRatio } = predictSavings(siteOf({ peakLive: 0 }), profile, machine)
    expect(minorFaults.high).toBeCloseTo(256_000)
    expect(cpuMs).toEqual({ low: 500, expected: 500, high: 500 })
    expect(cpuRatio.high).toBeCloseTo(1)
  })

  it('does not count the buffers that fill the pool', () => {
    const profile = profileOf()
    const all = predictSavings(siteOf({ peakLive: 0 }), profile, machine)
    const filling = predictSavings(siteOf({ peakLive: 750 }), profile, machine)
    expect(filling.minorFaults.expected).toBeCloseTo(all.minorFaults.expected / 4)
  })

  it('takes off the peak only what lay dead, beyond what the pool keeps', () => {
    const { peakRssBytes } = predictSavings(siteOf({ peakLiveBytes: 16 * 2 ** 20 }), profileOf(), machine)
    expect(peakRssBytes).toEqual({ low: 22 * 2 ** 20, expected: 44 * 2 ** 20, high: 44 * 2 ** 20 })
    expect(predictSavings(siteOf({ peakLiveBytes: 2 ** 26 }), profileOf(), machine).peakRssBytes.high).toBe(0)
  })

  it('leaves the memory that the buffers of other sites fill until V8 collects', () => {
    const profile = profileOf({ sites: [siteOf(), siteOf({ place: 'other' })] })
    // Half of what lies above 32 MiB: the other site's buffers fill those as before.
    expect(predictSavings(siteOf({ peakLiveBytes: 0 }), profile, machine).peakRssBytes.expected).toBe(2 ** 24)
  })

  it('saves nothing on buffers that are too small for a pool', () => {
    const small = siteOf({ sizes: [{ bytes: 1000, count: 1_000_000 }] })
    expect(predictSavings(small, profileOf({ sites: [small] }), machine)).toBe(noSavings)
    expect(
      pooledPart(
        siteOf({
          bytes: 2 ** 20,
          sizes: [
            { bytes: 1000, count: 100 },
            { bytes: 5000, count: 10 }
          ]
        })
      )
    ).toEqual({ bytes: 50_000, count: 10 })
  })

  it('never sums up to more than there is', () => {
    const { process } = profileOf()
    const one = predictSavings(siteOf(), profileOf(), machine)
    const { cpuMs, minorFaults } = sumOfSavings([one, one, one, one], profileOf())
    expect(cpuMs.expected).toBe(process.cpuMs)
    expect(minorFaults.expected).toBe(process.minorFaults)
    expect(sumOfSavings([], profileOf())).toEqual(noSavings)
  })
})
