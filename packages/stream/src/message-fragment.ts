import { invalid } from '@pool/core/validate'
import { encodeHeader, type FragmentHeader, fragmentHeaderBytes } from './fragment-header.js'

/**
 * One fragment of a message, in two parts so that nothing is copied: a header of its own and a view of the message. Write both, one
 * after the other, or copy them into one piece of memory with {@link MessageFragment.copyTo}.
 */
export class MessageFragment {
  /** The header, 28 bytes of the fragment's own. */
  readonly header: Buffer
  /** The piece: the very bytes of the message. They may not change, nor be released, until they were written or copied. */
  readonly piece: Buffer
  /** Which fragment of the message this is, from 0. */
  readonly index: number

  /** @internal */
  constructor(header: FragmentHeader, piece: Buffer) {
    this.header = encodeHeader(header)
    this.piece = piece
    this.index = header.index
  }

  /** Bytes of header and piece together. */
  get byteLength(): number {
    return fragmentHeaderBytes + this.piece.length
  }

  /**
   * Copies header and piece to the beginning of `target`, such as a lease of `byteLength` bytes. The message is no longer needed for
   * this fragment afterwards.
   * @returns the bytes copied, `byteLength`
   * @throws `ERR_POOL_INVALID_OPTION` when `target` is no Uint8Array or has fewer
   */
  copyTo(target: Uint8Array): number {
    if (!(target instanceof Uint8Array)) throw invalid('target', 'a Uint8Array', target)
    if (target.length < this.byteLength) throw invalid('target.length', `${this.byteLength} at least`, target.length)
    target.set(this.header)
    target.set(this.piece, fragmentHeaderBytes)
    return this.byteLength
  }
}
