import { invalid } from '@pool/core/kit'
import type { SegmentList } from './segment-list.js'

/** Numbers that lie across segments are put together here. */
const scratch = Buffer.alloc(8)

/**
 * Reads numbers by the names of `Buffer`, from anywhere in a list. Each method takes the offset of the first byte, 0 unless it is given,
 * and throws `ERR_POOL_INVALID_OPTION` where the list has fewer bytes from there on.
 */
export class NumberReader {
  readonly #segments: SegmentList

  /** @internal */
  constructor(segments: SegmentList) {
    this.#segments = segments
  }

  /** Memory that has the bytes in one piece, from `position` of the segments on. */
  #piece(offset: number, bytes: number): Buffer {
    const segments = this.#segments
    if (!Number.isInteger(offset) || offset < 0 || offset + bytes > segments.length) {
      throw invalid('offset', `an integer with ${bytes} bytes from there on; the list has ${segments.length}`, offset)
    }
    const segment = segments.find(offset)
    if (segments.position + bytes <= segment.end) return segment.buffer
    segments.copyTo(scratch, 0, offset, offset + bytes)
    segments.position = 0
    return scratch
  }

  #width(byteLength: number): number {
    if (Number.isInteger(byteLength) && byteLength >= 1 && byteLength <= 6) return byteLength
    throw invalid('byteLength', 'an integer in 1..6', byteLength)
  }

  /** An unsigned byte. */
  readUInt8(offset = 0): number {
    return this.#piece(offset, 1).readUInt8(this.#segments.position)
  }

  /** A signed byte. */
  readInt8(offset = 0): number {
    return this.#piece(offset, 1).readInt8(this.#segments.position)
  }

  /** An unsigned 16-bit integer, big-endian. */
  readUInt16BE(offset = 0): number {
    return this.#piece(offset, 2).readUInt16BE(this.#segments.position)
  }

  /** A signed 16-bit integer, big-endian. */
  readInt16BE(offset = 0): number {
    return this.#piece(offset, 2).readInt16BE(this.#segments.position)
  }

  /** An unsigned 32-bit integer, big-endian. */
  readUInt32BE(offset = 0): number {
    return this.#piece(offset, 4).readUInt32BE(this.#segments.position)
  }

  /** A signed 32-bit integer, big-endian. */
  readInt32BE(offset = 0): number {
    return this.#piece(offset, 4).readInt32BE(this.#segments.position)
  }

  /** An unsigned 64-bit integer, big-endian. */
  readBigUInt64BE(offset = 0): bigint {
    return this.#piece(offset, 8).readBigUInt64BE(this.#segments.position)
  }

  /** A signed 64-bit integer, big-endian. */
  readBigInt64BE(offset = 0): bigint {
    return this.#piece(offset, 8).readBigInt64BE(this.#segments.position)
  }

  /** A 32-bit float, big-endian. */
  readFloatBE(offset = 0): number {
    return this.#piece(offset, 4).readFloatBE(this.#segments.position)
  }

  /** A 64-bit float, big-endian. */
  readDoubleBE(offset = 0): number {
    return this.#piece(offset, 8).readDoubleBE(this.#segments.position)
  }

  /** An unsigned 16-bit integer, little-endian. */
  readUInt16LE(offset = 0): number {
    return this.#piece(offset, 2).readUInt16LE(this.#segments.position)
  }

  /** A signed 16-bit integer, little-endian. */
  readInt16LE(offset = 0): number {
    return this.#piece(offset, 2).readInt16LE(this.#segments.position)
  }

  /** An unsigned 32-bit integer, little-endian. */
  readUInt32LE(offset = 0): number {
    return this.#piece(offset, 4).readUInt32LE(this.#segments.position)
  }

  /** A signed 32-bit integer, little-endian. */
  readInt32LE(offset = 0): number {
    return this.#piece(offset, 4).readInt32LE(this.#segments.position)
  }

  /** An unsigned 64-bit integer, little-endian. */
  readBigUInt64LE(offset = 0): bigint {
    return this.#piece(offset, 8).readBigUInt64LE(this.#segments.position)
  }

  /** A signed 64-bit integer, little-endian. */
  readBigInt64LE(offset = 0): bigint {
    return this.#piece(offset, 8).readBigInt64LE(this.#segments.position)
  }

  /** A 32-bit float, little-endian. */
  readFloatLE(offset = 0): number {
    return this.#piece(offset, 4).readFloatLE(this.#segments.position)
  }

  /** A 64-bit float, little-endian. */
  readDoubleLE(offset = 0): number {
    return this.#piece(offset, 8).readDoubleLE(this.#segments.position)
  }

  /** An unsigned integer of `byteLength` bytes, 1..6, big-endian. */
  readUIntBE(offset: number, byteLength: number): number {
    return this.#piece(offset, this.#width(byteLength)).readUIntBE(this.#segments.position, byteLength)
  }

  /** A signed integer of `byteLength` bytes, 1..6, big-endian. */
  readIntBE(offset: number, byteLength: number): number {
    return this.#piece(offset, this.#width(byteLength)).readIntBE(this.#segments.position, byteLength)
  }

  /** An unsigned integer of `byteLength` bytes, 1..6, little-endian. */
  readUIntLE(offset: number, byteLength: number): number {
    return this.#piece(offset, this.#width(byteLength)).readUIntLE(this.#segments.position, byteLength)
  }

  /** A signed integer of `byteLength` bytes, 1..6, little-endian. */
  readIntLE(offset: number, byteLength: number): number {
    return this.#piece(offset, this.#width(byteLength)).readIntLE(this.#segments.position, byteLength)
  }
}
