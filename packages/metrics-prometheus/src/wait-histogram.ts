import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { PoolEvents } from '@pool/core/interfaces'
import { Histogram } from 'prom-client'
import type { AnyRegistry, WaitHistogramOptions } from './pool-metrics-options.js'
import type { Scraper } from './scraper.js'

const channel = '@pool/core:wait'
/** The most pools whose waits are remembered after they have gone. */
const hiddenLimit = 256

/** A histogram that is fed by the waits of the pools that are exported. */
export interface WaitHistogram {
  readonly metric: Histogram
  /** Listens no longer. */
  stop(): void
}

/** Registers the histogram, and listens to every wait of the process; those of pools that are not exported are left out. */
export function registerWaitHistogram(
  name: string,
  { buckets, byPool }: Required<WaitHistogramOptions>,
  registry: AnyRegistry,
  scraper: Scraper
): WaitHistogram {
  const configuration = {
    name,
    help: 'How long gets waited for a buffer, however the wait ended.',
    labelNames: byPool ? ['pool'] : [],
    buckets: [...buckets]
  }
  const waits = new Histogram({ ...configuration, registers: byPool ? [] : [registry] })
  const onWait = (message: unknown): void => {
    const { pool, waitedMs } = message as PoolEvents['wait']
    if (scraper.knows(pool)) waits.observe(byPool ? { pool } : {}, waitedMs / 1000)
  }
  subscribe(channel, onWait)
  return {
    metric: byPool ? showingWhoIsThere(waits, new Histogram({ ...configuration, registers: [registry] }), scraper) : waits,
    stop: () => void unsubscribe(channel, onWait)
  }
}

/** What a page shows of `waits`: a destroyed pool's leave it, and are there again with a pool of its name, so that no count falls. */
function showingWhoIsThere(waits: Histogram, shown: Histogram, scraper: Scraper): Histogram {
  const get = async () => {
    const { pools } = await scraper.page()
    const data = await waits.get()
    const gone = new Set(data.values.map(({ labels }) => labels.pool).filter((pool) => !pools.has(pool)))
    for (const pool of [...gone].slice(0, -hiddenLimit)) waits.remove({ pool: pool as string })
    return { ...data, values: data.values.filter(({ labels }) => !gone.has(labels.pool)) }
  }
  return Object.assign(shown, { get, getForPromString: get })
}
