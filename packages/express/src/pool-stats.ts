import { livePools, type PoolSources, type PoolStats } from '@pool/core'
import { validOptions, validPools } from '@pool/core/kit/universal'
import type { Middleware } from './connect.js'
import { answerJson } from './json-answer.js'

/** The options of {@link poolStats}. */
export interface PoolStatsOptions {
  /** The pools to show. Default: `livePools`, every pool of the process. */
  readonly pools?: PoolSources
}

/**
 * A handler that answers with the stats of the pools as JSON: `{ "<name>": PoolStats, … }`; a second pool of the same name
 * stands as `<name>#2`. Bounds that are not set, `Infinity`, are `null`. Figures and names only; even these tell how much load
 * brings the service down, so keep the route private.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function poolStats(options: PoolStatsOptions = {}): Middleware {
  validOptions('options', options, ['pools'])
  const directory = validPools(options, livePools)
  return (_request, response, next) => {
    const byName = new Map<string, PoolStats>()
    try {
      for (const source of directory.sources()) byName.set(freeName(source.name, byName), source.stats())
    } catch (error) {
      next(error)
      return
    }
    answerJson(response, 200, Object.fromEntries(byName))
  }
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name
  for (let count = 2; taken.has(free); count++) free = `${name}#${count}`
  return free
}
