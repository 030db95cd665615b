import { type Writing as AnyWriting, type Lease, type LeaseList, PoolError } from '@pool/core'
import { invalid, takeOver, takeOverAll, throwLater } from '@pool/core/kit'

/** The values that can be written to a connection. */
export type Writing = AnyWriting<Lease<Buffer>>
type Piece = Uint8Array | Lease<Buffer>
/** The data of a pending write; its leases are the connection's own. */
export type Pieces = Piece | readonly Piece[]

/** One write that is not sent yet, and the callback for its end. */
export class PendingWrite {
  readonly #data: Pieces
  readonly #settle: ((error?: unknown) => void) | undefined
  readonly bytes: number

  constructor(data: Pieces, bytes: number, settle: ((error?: unknown) => void) | undefined) {
    this.#data = data
    this.bytes = bytes
    this.#settle = settle
  }

  /** The system has the bytes. */
  sent(): void {
    releasePieces(this.#data)
    this.#tell(undefined)
  }

  /** The write failed, with the system perhaps still reading. */
  failed(error: unknown): void {
    eachLease(this.#data, withdraw)
    this.#tell(error)
  }

  /** The write never began. */
  refused(error: unknown): void {
    releasePieces(this.#data)
    this.#tell(error)
  }

  #tell(error: unknown): void {
    try {
      this.#settle?.(error)
    } catch (thrown) {
      // Thrown here, it would take the callbacks of the writes behind it along.
      throwLater(thrown)
    }
  }
}

/**
 * Bytes of a write.
 * @throws `ERR_POOL_INVALID_OPTION`, `ERR_POOL_LEASE_RELEASED`
 */
export function bytesOf(data: Writing): number {
  if (data instanceof Uint8Array) return data.length
  if (isList(data)) return data.length
  if (!Array.isArray(data)) return bytesOfPiece(data as Piece)
  let bytes = 0
  for (const piece of data) bytes += bytesOfPiece(piece)
  return bytes
}

/**
 * Takes the leases of `data` over, so that no release by their giver takes the memory from under a pending write. A list is empty
 * afterwards.
 */
export function piecesOf(data: Writing): Pieces {
  if (data instanceof Uint8Array) return data
  if (isList(data)) return data.takeLeases()
  if (Array.isArray(data)) return takeOverAll(data as readonly Piece[], isLease)
  return takeOver(data as Lease<Buffer>)
}

function isLease(piece: Piece): piece is Lease<Buffer> {
  return !(piece instanceof Uint8Array)
}

function isList(data: Writing): data is LeaseList<Lease<Buffer>> {
  return typeof (data as Partial<LeaseList<Lease<Buffer>>> | null | undefined)?.takeLeases === 'function'
}

/** The bytes of one piece. */
export function contentOf(piece: Piece): Uint8Array {
  return piece instanceof Uint8Array ? piece : piece.buffer
}

function bytesOfPiece(piece: Piece): number {
  if (piece instanceof Uint8Array) return piece.length
  if (!isLeaseLike(piece)) throw invalid('data', 'bytes, a lease, several of these, or a list of leases', piece)
  const { buffer } = piece
  if (buffer instanceof Uint8Array) return buffer.length
  throw new PoolError('ERR_POOL_INVALID_OPTION', 'data has a lease whose buffer is not a Uint8Array. Write leases of bytes.')
}

/** By its methods' names as they stand here: asked by a variable, each write would look them up. */
function isLeaseLike(piece: Partial<Lease<Buffer>> | null | undefined): boolean {
  return typeof piece?.retain === 'function' && typeof piece.release === 'function'
}

/** Gives the memory of all leases back: the system has their bytes, or never will. */
export function releasePieces(data: Pieces): void {
  eachLease(data, release)
}

function eachLease(data: Pieces, fn: (lease: Lease<Buffer>) => void): void {
  if (Array.isArray(data)) {
    for (const piece of data as readonly Piece[]) if (isLease(piece)) fn(piece)
  } else if (isLease(data as Piece)) fn(data as Lease<Buffer>)
}

function release(lease: Lease<Buffer>): void {
  lease[Symbol.dispose]()
}

function withdraw(lease: Lease<Buffer>): void {
  if (lease.released) return
  try {
    lease.discard()
  } catch {
    // Its memory was transferred away, and its pool has counted that; the error of the connection says more.
  }
}
