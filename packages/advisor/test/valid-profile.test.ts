import { describe, expect, it } from 'vitest'
import { validProfile } from '../src/valid-profile.js'
import { profileOf, siteOf } from './support/profile-of.js'

describe('validProfile', () => {
  it('gives back a profile that went through JSON', () => {
    const written = JSON.parse(JSON.stringify(profileOf()))
    expect(validProfile(written)).toBe(written)
    expect(written).toEqual(profileOf())
  })

  it('takes a site of which no buffer was watched, and fields that it does not know', () => {
    const { deadByNextMajor: _, peakLive: __, peakLiveBytes: ___, library: ____, ...site } = siteOf()
    const profile = { ...profileOf({ sites: [site] }), later: true }
    expect(validProfile(profile)).toBe(profile)
  })

  it.each([
    ['nothing', null, 'the profile'],
    ['a list', [], 'the profile'],
    ['another version', { ...profileOf(), version: 2 }, 'version'],
    ['a count below 0', profileOf({ durationMs: -1 }), 'durationMs'],
    ['a figure that JSON lost', { ...profileOf(), pid: null }, 'pid'],
    ['a maker that is none', { ...profileOf(), sites: [{ ...siteOf(), maker: 'malloc' }] }, 'sites[0].maker'],
    ['a share above 1', profileOf({ sites: [siteOf(), siteOf({ deadByNextMajor: 1.1 })] }), 'sites[1].deadByNextMajor'],
    [
      'a frame without a line',
      { ...profileOf(), sites: [{ ...siteOf(), frames: [{ file: 'a', function: '', column: 1 }] }] },
      'frames[0].line'
    ],
    ['a reason that is no sentence', { ...profileOf(), unattributed: { reasons: [1] } }, 'unattributed.reasons[0]'],
    ['a pool without figures', { ...profileOf(), pools: [{ name: 'a', kind: 'buffer' }] }, 'pools[0].stats']
  ])('refuses %s with ERR_POOL_INVALID_PROFILE, and names the field', (_, value, field) => {
    expect(() => validProfile(value)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_PROFILE', message: expect.stringContaining(field) })
    )
  })
})
