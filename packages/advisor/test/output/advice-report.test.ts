import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { advise } from '../../src/advice/advise.js'
import { adviceReport } from '../../src/output/advice-report.js'
import { machine } from '../support/calibration.js'
import { profileOf, siteOf } from '../support/profile-of.js'

const reportOf = (profile = profileOf()) => adviceReport(advise(profile, machine), profile)

describe('adviceReport', () => {
  it('is one file that loads nothing and runs nothing, by its own policy', () => {
    const html = reportOf()
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|href=|url\(|@import|\bon[a-z]+=| style=/)
    const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(html) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    expect(html).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'"`)
  })

  it('shows the places, the bars by caller, and the lines to change', () => {
    const html = reportOf()
    expect(html).toContain('<th scope="row">node_modules/raw-body/index.js:286</th>')
    expect(html).toContain('<title>onEnd (/app/node_modules/raw-body/index.js:286:20): 1000 MiB, 100 %</title>')
    expect(html).toContain('<ins>+ app.use(pooledBody({ pool: bodies, limit: &#39;1mb&#39; }))</ins>')
  })

  it('shows names as text, whatever is in them', () => {
    const place = '<img src=x onerror="alert(1)">&\'.js'
    const frame = { file: place, line: 1, column: 1, function: '</style><script>' }
    const html = reportOf(
      profileOf({ sites: [siteOf({ place, library: place, frames: [frame] })], notes: ['<b>'], startedAt: '<i>', node: '<u>' })
    )
    expect(html).not.toMatch(/<img|<script|<b>|<i>|<u>/)
  })

  it('takes a program without Buffers', () => {
    const html = reportOf(profileOf({ sites: [], process: { ...profileOf().process, cpuMs: 0 } }))
    expect(html).toContain('Nothing to gain by pools here.')
    expect(html).not.toContain('NaN')
  })
})
