import { Socket } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { makers } from '../../src/profile.js'
import { wrapMakers } from '../../src/sampling/wrapped-makers.js'

let restore: (() => string[]) | undefined
afterEach(() => {
  restore?.()
  restore = undefined
})

function wrap(): string[] {
  const made: string[] = []
  restore = wrapMakers((maker, buffer) => made.push(`${makers[maker]} ${buffer.byteLength}`))
  return made
}

it('tells each maker once, whatever makers it calls within', () => {
  const made = wrap()
  Buffer.alloc(10)
  Buffer.allocUnsafe(11)
  Buffer.allocUnsafeSlow(12)
  Buffer.from('abc')
  Buffer.from('d'.repeat(100_000))
  Buffer.from([1, 2, 3, 4])
  Buffer.concat([Buffer.alloc(1), Buffer.alloc(2)])
  new ArrayBuffer(16)
  restore?.()
  expect(made).toEqual([
    ...['Buffer.alloc 10', 'Buffer.allocUnsafe 11', 'Buffer.allocUnsafeSlow 12', 'Buffer.from 3', 'Buffer.from 100000', 'Buffer.from 4'],
    ...['Buffer.alloc 1', 'Buffer.alloc 2', 'Buffer.concat 3', 'ArrayBuffer 16']
  ])
})

it('tells neither empty buffers nor views of memory that exists', () => {
  const made = wrap()
  Buffer.alloc(0)
  Buffer.concat([])
  const memory = new ArrayBuffer(8)
  Buffer.from(memory, 2, 4)
  Buffer.from(new SharedArrayBuffer(8))
  expect(made).toEqual(['ArrayBuffer 8'])
})

it('tells chunks that sockets push, and none that other streams pass on', () => {
  const made = wrap()
  const chunk = new Uint8Array(100)
  new Readable({ read() {} }).push(chunk)
  new PassThrough().push(chunk)
  const socket = new Socket()
  socket.push(chunk)
  socket.push(null)
  socket.destroy()
  expect(made).toEqual(['Readable.push 100'])
})

it('goes on after a maker threw, and throws what the maker throws', () => {
  const made = wrap()
  expect(() => Buffer.from(undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(() => Buffer.concat([1 as never])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(() => Buffer.alloc(-1)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
  Buffer.allocUnsafe(5)
  expect(made).toEqual(['Buffer.allocUnsafe 5'])
})

it('keeps results, names, lengths and identities while it wraps', () => {
  const names = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from', 'concat'] as const
  const before = names.map((name) => [Buffer[name].name, Buffer[name].length])
  wrap()
  expect(names.map((name) => [Buffer[name].name, Buffer[name].length])).toEqual(before)
  expect(Buffer.alloc(4, 'ab', 'latin1').toString()).toBe('abab')
  expect(Buffer.from('6162', 'hex').toString()).toBe('ab')
  expect(Buffer.concat([Buffer.from('ab'), Buffer.from('cd')], 3).toString()).toBe('abc')
  const memory = new Uint8Array(4).buffer
  expect(memory).toBeInstanceOf(ArrayBuffer)
  expect(memory.constructor).toBe(ArrayBuffer)
  expect(new ArrayBuffer(4).slice(2).byteLength).toBe(2)
  class Own extends ArrayBuffer {}
  expect(new Own(3)).toBeInstanceOf(Own)
})

it('puts back exactly what was there', () => {
  const keys = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from', 'concat']
  const descriptors = () =>
    [
      ...keys.map((key) => Object.getOwnPropertyDescriptor(Buffer, key)),
      Object.getOwnPropertyDescriptor(Readable.prototype, 'push'),
      Object.getOwnPropertyDescriptor(globalThis, 'ArrayBuffer'),
      Object.getOwnPropertyDescriptor(globalThis.ArrayBuffer.prototype, 'constructor')
    ].map((one) => [one?.value, one?.writable, one?.enumerable, one?.configurable])
  const before = descriptors()
  wrap()
  expect(descriptors().some(([value], at) => value === before[at]?.[0])).toBe(false)
  expect(restore?.()).toEqual([])
  for (const [at, descriptor] of descriptors().entries()) expect(descriptor.every((part, which) => part === before[at]?.[which])).toBe(true)
})

it('leaves a wrapper of later code in place, and only calls through it', () => {
  const original = Buffer.alloc
  const made = wrap()
  const ours = Buffer.alloc
  const later: typeof Buffer.alloc = (size) => ours(size)
  Buffer.alloc = later
  expect(restore?.()).toEqual(['Buffer.alloc'])
  expect(Buffer.alloc).toBe(later)
  expect(Buffer.alloc(7)).toHaveLength(7)
  expect(made).toEqual([])
  Buffer.alloc = original
})
