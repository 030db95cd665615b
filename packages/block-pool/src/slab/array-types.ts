import type { TypedArray, TypedArrayConstructor } from '@pool/core/kit/universal'
import type { Backing, PrivateBacking } from './slab-memory.js'

/**
 * The constructor of a typed array, typed by the arrays that it makes over memory of their own: on TypeScript 5.7 and later `T` is then
 * `Float32Array<ArrayBuffer>`, which `copyToChannel`, `Blob` and `fetch` take, and below that plain `Float32Array`.
 */
export interface PrivateArrayConstructor<T extends TypedArray = TypedArray> extends Omit<TypedArrayConstructor, 'prototype'> {
  /** Makes an array in memory of its own. */
  of(...items: never[]): T
  /** A view of existing memory. */
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray
}

/** The same typed array over memory of any kind: the type that a pool takes back, so that a variable of type `Float32Array` fits too. */
export type OverAnyMemory<T extends TypedArray> = TypedArray extends infer U
  ? U extends TypedArray
    ? T extends U
      ? U
      : never
    : never
  : never

/** Bytes in memory of a kind: of an `ArrayBuffer` for certain where the backing is one, else of either kind of buffer. */
export type BytesIn<K extends Backing> = [K] extends [PrivateBacking] ? ReturnType<typeof Uint8Array.of> : Uint8Array

/** Samples in memory of a kind: over an `ArrayBuffer` for certain where the backing is one, else over either kind of buffer. */
export type SamplesIn<K extends Backing> = [K] extends [PrivateBacking] ? ReturnType<typeof Float32Array.of> : Float32Array
