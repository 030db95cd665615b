import type { Family } from './family.js'
import type { Series, Snapshot } from './series-ledger.js'

/** Samples that are rendered in one go: some hundred ns each, ten times that while the code is cold. */
const samplesPerTurn = 1250

/** The figures that one scrape shows. Its families are rendered in turns, so that a large page holds the event loop for a moment only. */
export class Page {
  /** How many readings failed since the metrics were registered, as a series of its own. */
  readonly failures: Series
  readonly #snapshot: Snapshot
  #charged = 0
  #turn: Promise<void> = Promise.resolve()

  /** A page that shows `snapshot`. */
  constructor(snapshot: Snapshot, failures: number) {
    this.#snapshot = snapshot
    this.failures = { labels: {}, figures: Float64Array.of(failures) }
  }

  /** The names of the pools on this page. */
  get pools(): ReadonlySet<string> {
    return new Set(this.#snapshot.pools.map(({ labels }) => labels.pool as string))
  }

  /** The series of a family with a sample for each pool, when it is its turn. */
  async poolSeries(): Promise<readonly Series[]> {
    await this.#take(this.#snapshot.pools.length)
    return this.#snapshot.pools
  }

  /** The series of a family with a sample for each size class, when it is its turn. */
  async classSeries(): Promise<readonly Series[]> {
    await this.#take(this.#snapshot.classes.length)
    return this.#snapshot.classes
  }

  /** The series of a family of a source of figures, when it is its turn. */
  async seriesOf(family: Family): Promise<readonly Series[]> {
    const series = this.#snapshot.others.get(family) ?? []
    await this.#take(series.length)
    return series
  }

  #take(samples: number): Promise<void> {
    this.#charged += samples
    if (this.#charged > samplesPerTurn) {
      this.#charged = samples
      this.#turn = this.#turn.then(nextTurn)
    }
    return this.#turn
  }
}

/** Lets the event loop go round once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
