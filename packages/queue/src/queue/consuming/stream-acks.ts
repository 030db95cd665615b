import type { RedisClient } from '../../client/redis-client.js'
import { ackScript } from '../stream-scripts.js'

/** Acknowledgements that leave together at most. */
const mostTogether = 256

/** The acknowledgements that leave together. */
interface Batch {
  readonly entryIds: string[]
  readonly done: Promise<void>
  readonly settle: (result: Promise<void>) => void
}

/** The acknowledgements of one consumer: those of one turn of the event loop leave in one command. */
export class StreamAcks {
  readonly #commands: RedisClient
  readonly #keyAndGroup: readonly [string, string]
  readonly #onLate: (count: number) => void
  readonly #underWay = new Set<Promise<void>>()
  #batch: Batch | undefined = undefined
  /** Whether {@link StreamAcks.send} is called within this turn, so that they leave with the next command. */
  isHeld = false

  /**
   * @param commands - the client for acknowledgements when no other command leaves
   * @param onLate - called with the number of messages that another consumer has handled as well
   */
  constructor(commands: RedisClient, streamKey: string, group: string, onLate: (count: number) => void) {
    this.#commands = commands
    this.#keyAndGroup = [streamKey, group]
    this.#onLate = onLate
  }

  /** Acknowledges an entry. A rejection of the promise goes unreported. */
  add(entryId: string): Promise<void> {
    const batch = this.#batch ?? this.#begin()
    batch.entryIds.push(entryId)
    if (batch.entryIds.length === mostTogether) this.send()
    return batch.done
  }

  /**
   * Sends those that were not sent yet.
   * @param through - a client that another command follows on, so that both leave together
   */
  send(through = this.#commands): void {
    const batch = this.#batch
    this.#batch = undefined
    batch?.settle(this.#acknowledge(batch.entryIds, through))
  }

  /** Sends them, and waits until each is answered. Never rejects. */
  async finish(): Promise<void> {
    this.send()
    await Promise.allSettled(this.#underWay)
  }

  async #acknowledge(entryIds: readonly string[], through: RedisClient): Promise<void> {
    const words = ['EVALSHA', ackScript.sha, 1, ...this.#keyAndGroup, ...entryIds]
    // The jobs in flight bound these commands.
    const options = { idempotent: true, waits: true }
    const acked = await through.send(words, options).catch((error) => {
      // The commands client tries again, behind no request for messages. It can load scripts that Redis has forgotten.
      if (through === this.#commands) throw error
      return this.#commands.send(words, options)
    })
    this.#onLate(entryIds.length - Number(acked))
  }

  #begin(): Batch {
    const entryIds: string[] = []
    let settle: Batch['settle'] = ignore
    const done = new Promise<void>((resolve) => {
      settle = resolve
    })
    const batch = { entryIds, done, settle }
    this.#batch = batch
    this.#underWay.add(done)
    const over = (): void => void this.#underWay.delete(done)
    done.then(over, over)
    setImmediate(() => {
      if (this.#batch === batch && !this.isHeld) this.send()
    })
    return batch
  }
}

const ignore = (): void => {}
