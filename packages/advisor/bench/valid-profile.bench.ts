import { validProfile } from '../src/valid-profile.js'
import { profileOf, siteOf } from '../test/support/profile-of.js'

/** What it takes to check a profile of a thousand sites, which no program has. */
export function validation(): string {
  const profile = profileOf({ sites: Array.from({ length: 1000 }, () => siteOf()) })
  const times = Array.from({ length: 101 }, () => {
    const begin = performance.now()
    validProfile(profile)
    return performance.now() - begin
  }).sort((a, b) => a - b)
  return `checking a profile of 1000 sites: ${times[50]?.toFixed(2)} ms`
}
