import { SizeClassPool } from '@pool/core'
import { describe, expect, it } from 'vitest'
import { advise } from '../../src/advice/advise.js'
import type { Profile, Site } from '../../src/profile.js'
import { machine } from '../support/calibration.js'
import { profileOf, siteOf } from '../support/profile-of.js'

const ofNode = (changes: Partial<Site>): Site => siteOf({ maker: 'Readable.push', frames: [], place: 'node:net', ...changes })
const { library: _library, ...anonymous } = siteOf()
const own: Site = {
  ...anonymous,
  frames: [{ file: '/app/src/frames.js', line: 12, column: 5, function: 'collect' }],
  place: 'src/frames.js:12'
}
const adviceOn = (...sites: Site[]) => advise(profileOf({ sites }), machine)
const quiet = (changes: Partial<Profile> = {}) =>
  profileOf({ process: { ...profileOf().process, minorFaults: 2000, peakArrayBuffersBytes: 2 ** 22 }, ...changes })

describe('advise', () => {
  it('names what to install, and the lines to change, for the bodies of Express', () => {
    const advice = adviceOn(siteOf())
    expect(advice.worthwhile).toBe(true)
    expect(advice.sites).toMatchObject([
      { verdict: 'change', place: 'node_modules/raw-body/index.js:286', change: { package: '@pool/express', api: 'pooledBody' } }
    ])
    const { before, after } = advice.sites[0]?.change ?? { before: '', after: '' }
    expect(before).toBe("app.use(express.raw({ limit: '1mb' }))")
    expect(after).toContain('sizes: [1048576],\n  initialSize: 16,\n  maxSize: 64,\n  maxLiveBytes: 64 * 1024 * 1024,')
    expect(after).toContain("app.use(pooledBody({ pool: bodies, limit: '1mb' }))")
    expect(advice.summary).toMatch(/^Pools pay in one place: they save \d+ % \(\d+–\d+\) of the CPU time, and [\d ]+ page faults\.$/)
  })

  it('ranks what saves most first, then what is out of reach, then what is left as it is', () => {
    const small = siteOf({ place: 'small', bytes: 2 ** 20 * 20, count: 20_000, sizes: [{ bytes: 1024, count: 20_000 }] })
    const half = { ...own, bytes: own.bytes / 2, count: 500, sizes: [{ bytes: 2 ** 20, count: 500 }] }
    const http = ofNode({ place: 'node:http', bytes: 3000 * 2 ** 20, count: 3000, sizes: [{ bytes: 2 ** 20, count: 3000 }] })
    const { sites } = adviceOn(http, small, half, siteOf())
    expect(sites.map(({ place, verdict }) => [place, verdict])).toEqual([
      ['node_modules/raw-body/index.js:286', 'change'],
      ['src/frames.js:12', 'change'],
      ['node:http', 'out-of-reach'],
      ['small', 'leave']
    ])
  })

  it('sums what the changes save, and leaves out what is out of reach', () => {
    const { savings, sites } = adviceOn(siteOf(), { ...own }, ofNode({ place: 'node:http' }))
    const [one, other, outOfReach] = sites
    expect(outOfReach?.verdict).toBe('out-of-reach')
    expect(outOfReach?.savings.cpuMs.expected).toBeGreaterThan(0)
    expect(savings.cpuMs.expected).toBeCloseTo((one?.savings.cpuMs.expected ?? 0) + (other?.savings.cpuMs.expected ?? 0))
    expect(savings.cpuMs.low).toBeLessThan(savings.cpuMs.expected)
    expect(savings.cpuMs.high).toBeGreaterThan(savings.cpuMs.expected)
  })

  it('says in plain words that there is nothing to gain from small Buffers', () => {
    const { worthwhile, summary, sites } = adviceOn(siteOf({ bytes: 10_000 * 512, count: 10_000, sizes: [{ bytes: 512, count: 10_000 }] }))
    expect(worthwhile).toBe(false)
    expect(summary).toBe("Nothing to gain by pools here. The program's Buffers are small, under 4 KiB, and Node makes those cheaply.")
    expect(sites).toMatchObject([{ verdict: 'leave', savings: { cpuMs: { expected: 0 } } }])
    expect(sites[0]?.reason).toMatch(/^Nothing to gain: nearly all of them are under 4 KiB/)
  })

  it('says so of a program that is bound by other work', () => {
    const few = siteOf({ bytes: 50 * 2 ** 20, count: 50, sizes: [{ bytes: 2 ** 20, count: 50 }] })
    const { worthwhile, summary, sites } = advise(quiet({ sites: [few], process: { ...quiet().process, cpuMs: 9500 } }), machine)
    expect(worthwhile).toBe(false)
    expect(sites[0]?.reason).toMatch(/^Nothing to gain: a pool would save 0\.\d % of the CPU time\.$/)
    expect(summary).toMatch(/makes 5\.0 MiB\/s of Buffers, which costs it next to nothing\. Its CPU time goes elsewhere: profile that\.$/)
  })

  it('advises no change whose least gain is within the difference of two runs, and says so in plain words', () => {
    const { process } = quiet()
    const { worthwhile, summary, sites } = advise(quiet({ process: { ...process, cpuMs: 1500 } }), machine)
    expect(worthwhile).toBe(false)
    expect(sites[0]).toMatchObject({ verdict: 'leave' })
    expect(sites[0]?.reason).toMatch(
      /^No clear gain: a pool would save \d\.\d % \(\d\.\d–\d+(\.\d)?\) of the CPU time, and two runs of a program differ by as much\.$/
    )
    expect(summary).toMatch(/^No clear gain by pools here\. node_modules\/raw-body\/index\.js:286 has the most to save\. No clear gain: /)
  })

  it('advises a pool for memory alone, and promises no CPU time then', () => {
    const { process } = profileOf()
    const { worthwhile, summary } = advise(profileOf({ process: { ...process, bufferFaults: 100, cpuMs: 2000 } }), machine)
    expect(worthwhile).toBe(true)
    expect(summary).toMatch(/^Pools pay in one place: they save \d+ MiB of the peak of memory\. The CPU time has no clear gain: /)
  })

  it('says so of a program without any Buffers', () => {
    const { worthwhile, summary, unseen } = advise(quiet({ sites: [] }), machine)
    expect(worthwhile).toBe(false)
    expect(summary).toMatch(/^Nothing to gain by pools here\. The program makes too few Buffers to be seen\./)
    expect(unseen).toEqual({ reasons: [] })
  })

  it('advises no pool for buffers that are kept, nor for what a few samples showed', () => {
    expect(adviceOn({ ...own, peakLive: 600 }).sites).toMatchObject([{ verdict: 'leave', reason: /kept for long/ }].map(matching))
    const rare = { ...own, bytes: 2 ** 20, count: 1, sizes: [{ bytes: 2 ** 20, count: 1 }] }
    expect(adviceOn(rare).sites).toMatchObject([{ verdict: 'leave', reason: /too few bytes/ }].map(matching))
  })

  it('advises no change that costs more than it saves', () => {
    const dearPool = { ...machine, faultUs: 0, allocationUs: 0.1, poolUs: 40 }
    const idle = profileOf({ process: { ...profileOf().process, collections: { minor: 0, major: 0, incremental: 0, totalMs: 0 } } })
    expect(advise(idle, dearPool).sites).toMatchObject([{ verdict: 'leave' }])
  })

  it('passes on what could not be seen, as a share', () => {
    const { unseen } = advise(profileOf({ unattributed: { bytes: 250 * 2 ** 20, reasons: ['Made by crypto.'] } }), machine)
    expect(unseen.bytesRatio).toBeCloseTo(0.2)
    expect(unseen.reasons).toEqual(['Made by crypto.'])
  })

  it('says of pools that exist what recommend() says of them', () => {
    using pool = new SizeClassPool({ name: 'bodies', sizes: [4096, 65_536], clear: 'never', leakDetection: 'off', shrinkInterval: 0 })
    for (let turn = 0; turn < 2000; turn++) pool.release(pool.acquire(40_000))
    const reading = { name: pool.name, kind: 'size-class', stats: pool.stats(), histogram: pool.requestedSizes() }
    const { pools } = advise(profileOf({ pools: [reading] }), machine)
    expect(pools).toMatchObject([{ name: 'bodies', recommendations: [{ kind: 'classes', options: { sizes: [40_000, 65_536] } }] }])
  })

  it('refuses what is not a profile, or not a calibration', () => {
    expect(() => advise({} as never, machine)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_PROFILE' }))
    for (const calibration of [null, {}, { ...machine, faultUs: Number.NaN }]) {
      expect(() => advise(profileOf(), calibration as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    }
  })

  it('tells when the costs are those of another Node', () => {
    expect(adviceOn(siteOf()).notes).toEqual([])
    expect(advise(profileOf(), { ...machine, node: 'v24.0.0' }).notes).toMatchObject(
      [/measured with Node v24\.0\.0/].map((text) => expect.stringMatching(text))
    )
  })
})

function matching({ verdict, reason }: { verdict: string; reason: RegExp }) {
  return { verdict, reason: expect.stringMatching(reason) }
}
