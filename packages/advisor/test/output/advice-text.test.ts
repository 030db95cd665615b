import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { advise } from '../../src/advice/advise.js'
import { adviceText } from '../../src/output/advice-text.js'
import { machine } from '../support/calibration.js'
import { profileOf, siteOf } from '../support/profile-of.js'

const socket = siteOf({ maker: 'Readable.push', frames: [], place: 'node:_http_common', bytes: 500 * 2 ** 20 })
const small = (place: string) => siteOf({ place, sizes: [{ bytes: 100, count: 1000 }] })

describe('adviceText', () => {
  it('shows the verdict, an aligned table, and the lines to change', () => {
    const lines = adviceText(advise(profileOf({ sites: [siteOf(), socket] }), machine)).split('\n')
    expect(lines[0]).toMatch(/^Pools pay in one place/)
    const head = lines.find((line) => line.startsWith('place')) ?? ''
    const row = lines.find((line) => line.startsWith('node_modules/raw-body/index.js:286')) ?? ''
    expect(row.indexOf('Buffer.concat')).toBe(head.indexOf('made by'))
    expect(row.indexOf('pooledBody')).toBe(head.indexOf('what to do'))
    expect(row).toMatch(/raw-body via express .* 100 MiB\/s .* \d+ % \(\d+–\d+\)/)
    expect(lines).toContain(
      'node:_http_common: out of reach. node:http reads its sockets itself: these are the chunks of requests and answers.'
    )
    expect(lines).toContain('   npm install @pool/core @pool/express')
    expect(lines).toContain("   - app.use(express.raw({ limit: '1mb' }))")
    expect(lines).toContain("   + app.use(pooledBody({ pool: bodies, limit: '1mb' }))")
  })

  it('says that there is nothing to gain, shows a few places, and counts the others', () => {
    const sites = Array.from({ length: 8 }, (_, index) => small(`src/own.js:${index}`))
    const text = adviceText(advise(profileOf({ sites }), machine))
    expect(text).toMatch(/^Nothing to gain by pools here\./)
    expect(text.match(/src\/own\.js/g)).toHaveLength(5)
    expect(text).toContain('3 more places with nothing to gain.')
    expect(text).not.toContain('npm install')
  })

  it('says what was not seen', () => {
    const unattributed = { bytes: 1000 * 2 ** 20, reasons: ['new Uint8Array is not watched.'] }
    const text = adviceText(advise(profileOf({ unattributed }), machine))
    expect(text).toContain('50 % of the bytes were made where the advisor can not look.\nnew Uint8Array is not watched.')
  })

  it('paints only where it is asked to', () => {
    const advice = advise(profileOf(), machine)
    const plain = adviceText(advice)
    expect(stripVTControlCharacters(plain)).toBe(plain)
    const painted = adviceText(advice, { colour: true })
    expect(painted).not.toBe(plain)
    expect(stripVTControlCharacters(painted)).toBe(plain)
  })

  it('survives names of places that a table could take for lines', () => {
    const text = adviceText(advise(profileOf({ sites: [siteOf({ place: 'evalmachine.\n<anonymous>\u001b[31m' })] }), machine))
    expect(text).toContain('evalmachine.')
    expect(text).not.toContain('\u001b')
  })
})
