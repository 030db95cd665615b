import type { Lease, NonSharedBuffer } from '@pool/core'
import * as check from '@pool/core/kit'
import type { Job } from '../message-queue.js'
import { jobSettled } from '../queue-errors.js'
import type { Delivery } from './delivery.js'

/** The calls of a job to its consumer. */
export interface JobKeeper {
  /** The longest delay of a retry, in ms. */
  readonly maxDelayMs: number
  /** The job is acknowledged; its memory is given back already. A rejection of the promise goes unreported. */
  ack(job: QueueJob): Promise<void>
  /** The job is handed back. A rejection of the promise goes unreported. */
  giveBack(job: QueueJob, delayMs: number): Promise<void>
}

/** A message that a loop has got. */
export class QueueJob implements Job {
  readonly #keeper: JobKeeper
  readonly #lease: Lease<NonSharedBuffer>
  /** The delivered message. */
  readonly delivery: Delivery
  settled = false
  /** Its place among the jobs of the keeper that are out; -1 once it is not. */
  place: number
  /** How settling it goes on. */
  #settling: Promise<void> | undefined = undefined

  constructor(keeper: JobKeeper, delivery: Delivery, lease: Lease<NonSharedBuffer>, place: number) {
    this.#keeper = keeper
    this.#lease = lease
    this.delivery = delivery
    this.place = place
  }

  get entryId(): string {
    return this.delivery.entryId
  }

  get id(): string | undefined {
    return this.delivery.id
  }

  get buffer(): Buffer {
    return this.#lease.buffer
  }

  get deliveries(): number {
    return this.delivery.deliveries
  }

  get ageMs(): number {
    return Math.max(0, Date.now() - Number.parseInt(this.delivery.entryId, 10))
  }

  retain(): Lease<NonSharedBuffer> {
    return this.#lease.retain()
  }

  ack(): Promise<void> {
    this.#settle()
    this.#settling = this.#keeper.ack(this)
    return this.#settling
  }

  retry(options: { readonly delayMs?: number } = {}): Promise<void> {
    check.validOptions('options', options, ['delayMs'])
    const delayMs = check.validNumber('delayMs', options.delayMs ?? 0, 0, this.#keeper.maxDelayMs)
    this.#settle()
    this.#settling = this.#keeper.giveBack(this, delayMs)
    return this.#settling
  }

  [Symbol.dispose](): void {
    if (!this.settled) void this.retry()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.settled) void this.retry()
    await this.#settling?.catch(() => {})
  }

  #settle(): void {
    if (this.settled) throw jobSettled()
    this.settled = true
    this.#lease.release()
  }
}
