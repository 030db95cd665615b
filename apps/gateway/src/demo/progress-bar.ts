import { SingleBar } from 'cli-progress'
import type { ProgressWatch } from './comparison.js'

/** Without a terminal a line every few seconds is enough. */
const PLAIN_INTERVAL_MS = 5000

/** A bar on stderr, so that the tables on stdout can be piped. */
export class ProgressBar implements ProgressWatch {
  readonly #bar = new SingleBar({
    format: 'replaying {bar} {percentage} % · {value}/{total} requests · {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 32,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: PLAIN_INTERVAL_MS
  })

  start(total: number): void {
    this.#bar.start(total, 0)
  }

  step(): void {
    this.#bar.increment()
  }

  /** Ends the bar, wherever it stands. */
  stop(): void {
    this.#bar.stop()
  }
}
