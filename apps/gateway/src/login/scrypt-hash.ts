import { scrypt } from 'node:crypto'

/** The stored form of a password, which leads back to it only by trying. */
export interface ScryptHash {
  readonly salt: Buffer
  readonly hash: Buffer
  readonly cost: ScryptCost
}

/** The cost of a try, in the names of RFC 7914: 128 · 2^ln · r bytes, and time in proportion to 2^ln · r · p. */
export interface ScryptCost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** 16 MiB, and some 0.2 s of one core: one of the settings of OWASP's cheat sheet on storing passwords. */
export const DEFAULT_COST: ScryptCost = { ln: 14, r: 8, p: 5 }
/** Bound on the memory of one try, so that a file of users can't ask for more than a process has. */
const MOST_MEMORY_BYTES = 64 * 1024 * 1024
const MOST_PARALLEL = 16

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43,86})$/

/** Writes a hash as other programs read it, in the PHC string format: `$scrypt$ln=14,r=8,p=5$salt$hash`. */
export function formatHash({ salt, hash, cost }: ScryptHash): string {
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Reads the text of {@link formatHash}. Undefined for any other text, and where a try would cost more than is sensible. */
export function parseHash(text: string): ScryptHash | undefined {
  const [, ln, r, p, salt, hash] = PHC.exec(text) ?? []
  if (salt === undefined || hash === undefined) return undefined
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  if (cost.ln < 1 || cost.r < 1 || cost.p < 1 || cost.p > MOST_PARALLEL || memoryOf(cost) > MOST_MEMORY_BYTES) return undefined
  return { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64'), cost }
}

/**
 * Derives `bytes` bytes from a password, in a thread of Node's pool.
 * @param password - read until the promise settles; it stays the caller's. Node keeps a copy in native memory until the collector
 * takes the job
 */
export function deriveHash(password: Uint8Array, salt: Uint8Array, bytes: number, cost: ScryptCost): Promise<Buffer> {
  const options = { N: 2 ** cost.ln, r: cost.r, p: cost.p, maxmem: 2 * MOST_MEMORY_BYTES }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, derived) => (error === null ? resolve(derived) : reject(error)))
  })
}

function memoryOf({ ln, r }: ScryptCost): number {
  return 128 * 2 ** ln * r
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
