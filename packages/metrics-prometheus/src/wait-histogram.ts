import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { PoolEvents } from '@pool/core/interfaces'
import type * as client from 'prom-client'
import type { Page } from './page.js'
import type { AnyRegistry, WaitHistogramOptions } from './pool-metrics-options.js'
import { Histogram } from './prom-client-parts.js'
import type { Scraper } from './scraper.js'

const channel = '@pool/core:wait'
/** The most pools whose waits are remembered after they have gone. */
const hiddenLimit = 256

/** A histogram that is fed by the waits of the pools that are exported. */
export interface WaitHistogram {
  readonly metric: client.Histogram
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
    metric: byPool ? showingLivePools(waits, new Histogram({ ...configuration, registers: [registry] }), scraper) : waits,
    stop: () => void unsubscribe(channel, onWait)
  }
}

/**
 * The part of `waits` that a page shows. The series of a destroyed pool leave it, and are there again with a pool of its name, so that no count falls.
 * On the first page that has a pool its series are 0, since Prometheus sees no increase in a series that begins above 0.
 */
function showingLivePools(waits: client.Histogram<'pool'>, shown: client.Histogram, scraper: Scraper): client.Histogram {
  const known = new Set<unknown>()
  let latest: Page | undefined
  /** The pools that the latest page is the first to have. */
  let fresh: readonly string[] = []
  const get = async () => {
    const page = await scraper.page()
    const counted = new Set<unknown>((await waits.get()).values.map(({ labels }) => labels.pool))
    for (const pool of page.pools) if (!counted.has(pool)) waits.zero({ pool })
    const gone = [...counted].filter((pool) => !page.pools.has(pool as string))
    for (const pool of gone.slice(0, -hiddenLimit)) {
      waits.remove({ pool: pool as string })
      known.delete(pool)
    }
    if (page !== latest) {
      latest = page
      fresh = [...page.pools].filter((pool) => !known.has(pool))
      for (const pool of fresh) known.add(pool)
    }
    const [hidden, zero] = [new Set<unknown>(gone), new Set<unknown>(fresh)]
    const data = await waits.get()
    const values = data.values.filter(({ labels }) => !hidden.has(labels.pool))
    return { ...data, values: values.map((one) => (zero.has(one.labels.pool) ? { ...one, value: 0 } : one)) }
  }
  return Object.assign(shown, { get, getForPromString: get })
}
