/** Requests after which the pattern is judged anew. */
export const requestsPerPeriod = 256
/** From this share of the requests for one bucket on, they count as a steady stream. */
const steadyShare = 0.75

/** Finds out whether a sample pool's last requests asked for one bucket, or for several. */
export class RequestPattern {
  readonly #counts: Uint32Array
  #requests = 0
  /** The bucket that a steady stream asks for; -1 while sizes vary. */
  steadyBucket = -1

  /** A pattern of requests for some buckets. */
  constructor(buckets: number) {
    this.#counts = new Uint32Array(buckets)
  }

  /** Notes a request; true when a period has ended, and the pattern was judged anew. */
  note(bucket: number): boolean {
    this.#counts[bucket]! += 1
    if (++this.#requests < requestsPerPeriod) return false
    this.steadyBucket = -1
    for (let at = 0; at < this.#counts.length; at++) if (this.#counts[at]! >= steadyShare * requestsPerPeriod) this.steadyBucket = at
    this.#requests = 0
    this.#counts.fill(0)
    return true
  }
}
