import { expect, it } from 'vitest'
import { roomyView } from '../../src/blocks/block-views.js'

it('is a plain typed array to everybody who looks', () => {
  const buffer = new ArrayBuffer(64)
  for (const type of [Uint8Array, Float32Array, Float64Array, BigInt64Array] as (typeof Float32Array)[]) {
    const view = roomyView(type, buffer, 8, 4)
    expect(Object.getPrototypeOf(view)).toBe(type.prototype)
    expect(view.constructor).toBe(type)
    expect([view.byteOffset, view.length, view.buffer]).toEqual([8, 4, buffer])
    expect(Reflect.ownKeys(view)).toEqual(['0', '1', '2', '3'])
    expect(Object.getPrototypeOf(view.subarray(1))).toBe(type.prototype)
    expect(Object.getPrototypeOf(view.map((value) => value))).toBe(type.prototype)
    expect(structuredClone(view)).toEqual(new type(4))
  }
})
