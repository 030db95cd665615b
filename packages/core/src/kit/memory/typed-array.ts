import { invalid } from '../checks.js'

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
  /** The prototype of the typed arrays that it makes, over memory of any kind. */
  readonly prototype: T
  /** Bytes of each element. */
  readonly BYTES_PER_ELEMENT: number
  /** Its name. */
  readonly name: string
  /** A view of existing memory. */
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray
}

/** The constructor that all constructors of typed arrays inherit from. */
const intrinsic: unknown = Object.getPrototypeOf(Int8Array)

/**
 * Requires one of the language's own constructors. A subclass, `Buffer` among them, brings constructors of its own, so it is refused.
 * @param name - the option's name, for the message
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function validTypedArray<T extends TypedArray>(name: string, value: TypedArrayConstructor<T>): TypedArrayConstructor<T> {
  if (typeof value === 'function' && Object.getPrototypeOf(value) === intrinsic) return value
  throw invalid(name, 'a typed array, such as Float32Array', value)
}

/**
 * Makes a view of existing memory.
 * @param byteOffset - bytes from the start of `buffer`, a multiple of `type.BYTES_PER_ELEMENT`
 * @param length - elements
 */
export function typedArrayOver<T extends TypedArray>(
  type: TypedArrayConstructor<T>,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number
): T {
  return new type(buffer, byteOffset, length) as T
}

const all: readonly TypedArrayConstructor[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array
]

/**
 * The constructor of that name, for types that came as text from another thread.
 * @throws `ERR_POOL_INVALID_OPTION` when no typed array has the name
 */
export function typedArrayNamed(name: string): TypedArrayConstructor {
  const type = all.find((one) => one.name === name)
  if (type === undefined) throw invalid('type', 'the name of a typed array', name)
  return type
}
