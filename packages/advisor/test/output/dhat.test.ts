import { describe, expect, it } from 'vitest'
import { toDhat } from '../../src/output/dhat.js'
import { profileOf, siteOf } from '../support/profile-of.js'

/** The fields that the viewer refuses a file without. */
const required = ['dhatFileVersion', 'mode', 'verb', 'bklt', 'bkacc', 'tu', 'Mtu', 'cmd', 'pid', 'te', 'pps', 'ftbl']

describe('toDhat', () => {
  it('has every field of version 2, whole numbers, and frames that are there', () => {
    const dhat = toDhat(
      profileOf({ sites: [siteOf({ bytes: 1000.4, count: 0.2 }), siteOf({ frames: [], place: 'node:net', maker: 'Readable.push' })] })
    )
    for (const field of required) expect(dhat).toHaveProperty(field)
    expect(dhat).toMatchObject({ dhatFileVersion: 2, pid: 4711, te: 10_000_000, cmd: 'node v20.20.0' })
    expect(dhat.ftbl[0]).toBe('[root]')
    expect(dhat.pps.map(({ fs }) => fs.map((index) => dhat.ftbl[index]))).toEqual([
      ['Buffer.concat', 'onEnd (/app/node_modules/raw-body/index.js:286:20)'],
      ['Readable.push', 'node:net']
    ])
    expect(dhat.pps[0]).toMatchObject({ tb: 1000, tbk: 1 })
    for (const { tb, tbk } of dhat.pps) expect([tb, tbk].every(Number.isSafeInteger)).toBe(true)
  })

  it('adds sites with the same stack together: the viewer takes each stack once', () => {
    const { pps } = toDhat(profileOf({ sites: [siteOf(), siteOf()] }), 'node server.js')
    expect(pps).toMatchObject([{ tb: 2000 * 2 ** 20, tbk: 2000 }])
  })

  it('is a file that the viewer takes without any site, too', () => {
    expect(toDhat(profileOf({ sites: [] }))).toMatchObject({ pps: [], ftbl: ['[root]'] })
  })
})
