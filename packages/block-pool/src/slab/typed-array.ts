import { invalid } from '@pool/core/kit/universal'
import type { Backing, PrivateBacking } from './slab-memory.js'

/** Any of the language's typed arrays. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** The constructor of a typed array, such as `Float32Array`. */
export interface TypedArrayConstructor<T extends TypedArray = TypedArray> {
  /** What it makes, over memory of any kind. */
  readonly prototype: T
  /** Bytes of each element. */
  readonly BYTES_PER_ELEMENT: number
  /** Its name. */
  readonly name: string
  /** A view of existing memory. */
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray
}

/**
 * The same, told by what it makes over memory of its own: on TypeScript 5.7 and later `T` is then `Float32Array<ArrayBuffer>`, which
 * `copyToChannel`, `Blob` and `fetch` take, and below that plain `Float32Array`.
 */
export interface PrivateArrayConstructor<T extends TypedArray = TypedArray> extends Omit<TypedArrayConstructor, 'prototype'> {
  /** Makes an array in memory of its own. */
  of(...items: never[]): T
  /** A view of existing memory. */
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray
}

/** The same typed array over memory of any kind: what a pool takes back, so that a variable of type `Float32Array` does too. */
export type OverAnyMemory<T extends TypedArray> = TypedArray extends infer U
  ? U extends TypedArray
    ? T extends U
      ? U
      : never
    : never
  : never

/** Bytes in memory of a kind: of an `ArrayBuffer` for certain where the backing is one, else of either kind of buffer. */
export type BytesIn<K extends Backing> = [K] extends [PrivateBacking] ? ReturnType<typeof Uint8Array.of> : Uint8Array

/** Samples in memory of a kind, likewise. */
export type SamplesIn<K extends Backing> = [K] extends [PrivateBacking] ? ReturnType<typeof Float32Array.of> : Float32Array

/** What all constructors of typed arrays inherit from. */
const intrinsic: unknown = Object.getPrototypeOf(Int8Array)

/** One of the language's own constructors. A subclass, `Buffer` among them, brings constructors of its own, so it is refused. */
export function validType<T extends TypedArray>(name: string, value: TypedArrayConstructor<T>): TypedArrayConstructor<T> {
  if (typeof value === 'function' && Object.getPrototypeOf(value) === intrinsic) return value
  throw invalid(name, 'a typed array, such as Float32Array', value)
}

/** A view of existing memory. */
export function viewOf<T extends TypedArray>(
  type: TypedArrayConstructor<T>,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number
): T {
  return new type(buffer, byteOffset, length) as T
}
