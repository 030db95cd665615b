import type { TypedArray, TypedArrayConstructor } from './typed-array.js'

const roomyTypes = new Map<TypedArrayConstructor, Uint8ArrayConstructor>()

/**
 * A view of existing memory with room for a brand in the object itself. It is a plain one to everybody who looks.
 *
 * ```
 *   plain   │ view │ ──► │ brand │        V8 gives typed arrays no room for fields of their own: they lie elsewhere on the heap
 *   roomy   │ view │ brand │              but gives it to those of a class that has fields
 * ```
 *
 * With many blocks, that is one wait for memory instead of two on each return.
 */
export function roomyView<T extends TypedArray>(
  type: TypedArrayConstructor<T>,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number
): T {
  let roomy = roomyTypes.get(type)
  if (roomy === undefined) {
    roomy = roomyTypeOf(type as TypedArrayConstructor as Uint8ArrayConstructor)
    roomyTypes.set(type, roomy)
  }
  return Object.setPrototypeOf(new roomy(buffer, byteOffset, length), type.prototype)
}

function roomyTypeOf(type: Uint8ArrayConstructor): Uint8ArrayConstructor {
  return class extends type {
    /** Nobody reads it: for a class without fields the engine makes no room. */
    readonly #room = 0
  } as Uint8ArrayConstructor
}
