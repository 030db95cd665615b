import { type TypedArrayConstructor, typedArrayNamed, typedArrayOver, validTypedArray } from '@pool/core/kit/universal'
import { describe, expect, it } from 'vitest'

const all: TypedArrayConstructor[] = [
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

describe('validTypedArray', () => {
  it('takes each of the language’s own constructors, and finds it again by its name', () => {
    for (const type of all) expect(typedArrayNamed(validTypedArray('type', type).name)).toBe(type)
  })

  it.each([undefined, 'Float32Array', Buffer, class extends Float32Array {}, DataView, Array, {}])('refuses %s', (type) => {
    expect(() => validTypedArray('type', type as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })
})

describe('typedArrayNamed', () => {
  it.each(['Buffer', 'Array', 'float32array', ''])('refuses %j', (name) => {
    expect(() => typedArrayNamed(name)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })
})

describe('typedArrayOver', () => {
  it('makes a view of the bytes that it was told', () => {
    const memory = new ArrayBuffer(64)
    const view = typedArrayOver(Float32Array, memory, 16, 4)
    expect(view).toBeInstanceOf(Float32Array)
    expect(view.buffer).toBe(memory)
    expect([view.byteOffset, view.length]).toEqual([16, 4])
  })
})
