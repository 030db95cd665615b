import type { Profile, Site } from '../../src/profile.js'

/** A profile as a program that only reads uploads would give it. */
export function profileOf(changes: Partial<Profile> = {}): Profile {
  return {
    version: 1,
    node: 'v20.20.0',
    pid: 4711,
    startedAt: '2026-11-27T10:00:00.000Z',
    durationMs: 10_000,
    process: {
      cpuMs: 4000,
      minorFaults: 180_000,
      rssBytes: 2 ** 27,
      peakRssBytes: 2 ** 28,
      peakArrayBuffersBytes: 2 ** 26,
      collections: { minor: 40, major: 12, incremental: 12, totalMs: 60 }
    },
    sampling: { meanBytes: 2 ** 19, samples: 1000, watchedLifetimes: 190 },
    sites: [siteOf()],
    unattributed: { reasons: [] },
    pools: [],
    notes: [],
    ...changes
  }
}

/** Where `raw-body` puts together an upload of 1 MiB, a hundred a second. */
export function siteOf(changes: Partial<Site> = {}): Site {
  return {
    maker: 'Buffer.concat',
    frames: [{ file: '/app/node_modules/raw-body/index.js', line: 286, column: 20, function: 'onEnd', library: 'raw-body' }],
    library: 'raw-body via express',
    place: 'node_modules/raw-body/index.js:286',
    bytes: 1000 * 2 ** 20,
    count: 1000,
    sizes: [{ bytes: 2 ** 20, count: 1000 }],
    deadByNextMajor: 0.97,
    peakLiveBytes: 16 * 2 ** 20,
    peakLive: 16,
    ...changes
  }
}
