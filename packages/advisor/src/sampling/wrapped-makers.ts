import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { type Maker, makers } from '../profile.js'

// An `import` of it reads each of its exports, among them WebSocket, for which Node then loads 8 MiB of undici into a program that has no use for them.
const { IncomingMessage } = process.getBuiltinModule('node:http')

/** A function whose frame is where the caller's stack begins. */
export type Wrapper = (...parameters: never[]) => unknown

/** Is called for each buffer of 1 byte or more that was made. `maker` is the index in {@link makers}. */
export type OnMade = (maker: number, made: Uint8Array | ArrayBuffer, wrapper: Wrapper) => void

/**
 * Wraps every maker of {@link makers}. A maker that another one calls is not counted: `Buffer.concat` calls `Buffer.allocUnsafe` on some
 * Nodes, and `Buffer.from` does for strings.
 * @returns a function that puts the originals back, exactly as they were, and returns the makers for which it could not, since other code
 * has wrapped them meanwhile; there the wrapper stays, and only calls the original
 */
export function wrapMakers(onMade: OnMade): () => Maker[] {
  let on = true
  let within = false
  const restores: { readonly maker: Maker; readonly restore: () => boolean }[] = []

  const replace = <T extends object, W extends Wrapper>(target: T, key: keyof T & string, maker: Maker, wrap: (original: W) => W): void => {
    const before = Object.getOwnPropertyDescriptor(target, key)
    if (typeof before?.value !== 'function' || !before.configurable) return
    const wrapper = wrap(before.value)
    Object.defineProperty(target, key, { ...before, value: wrapper })
    const restore = () => {
      if (Object.getOwnPropertyDescriptor(target, key)?.value !== wrapper) return false
      Object.defineProperty(target, key, before)
      return true
    }
    restores.push({ maker, restore })
  }

  type Allocate = (this: unknown, size: number, fill?: unknown, encoding?: unknown) => Buffer
  for (const key of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const maker = makers.indexOf(`Buffer.${key}`)
    replace<BufferConstructor, Allocate>(Buffer, key, `Buffer.${key}`, (original) => {
      const wrapper: Allocate = function (size, fill, encoding) {
        const made = original.call(this, size, fill, encoding)
        if (on && !within && made.length > 0) onMade(maker, made, wrapper)
        return made
      }
      return namedLike(original, wrapper)
    })
  }

  type Copy = (this: unknown, value: unknown, second?: unknown, third?: unknown) => Buffer
  for (const key of ['from', 'concat'] as const) {
    const maker = makers.indexOf(`Buffer.${key}`)
    replace<BufferConstructor, Copy>(Buffer, key, `Buffer.${key}`, (original) => {
      const wrapper: Copy = function (value, second, third) {
        if (!on || within) return original.call(this, value, second, third)
        let made: Buffer
        within = true
        try {
          made = original.call(this, value, second, third)
        } finally {
          within = false
        }
        // A view of an ArrayBuffer that was given is not new memory.
        if (made.length > 0 && (made.buffer as unknown) !== value) onMade(maker, made, wrapper)
        return made
      }
      return namedLike(original, wrapper)
    })
  }

  type Push = (this: unknown, chunk: unknown, encoding?: unknown) => boolean
  const push = makers.indexOf('Readable.push')
  replace<Readable, Push>(Readable.prototype, 'push', 'Readable.push', (original) => {
    const wrapper: Push = function (chunk, encoding) {
      // Node allocates the chunks of these two; those of all other streams were counted where they were made.
      const isNodes = this instanceof Socket || this instanceof IncomingMessage
      if (on && isNodes && chunk instanceof Uint8Array && chunk.length > 0) onMade(push, chunk, wrapper)
      return original.call(this, chunk, encoding)
    }
    return namedLike(original, wrapper)
  })

  const arrayBuffer = makers.indexOf('ArrayBuffer')
  replace<typeof globalThis, typeof ArrayBuffer & Wrapper>(globalThis, 'ArrayBuffer', 'ArrayBuffer', (original) => {
    const construct = (target: ArrayBufferConstructor, parameters: [number], newTarget: Wrapper): ArrayBuffer => {
      const made = Reflect.construct(target, parameters, newTarget) as ArrayBuffer
      if (on && !within && made.byteLength > 0) onMade(arrayBuffer, made, construct as Wrapper)
      return made
    }
    return new Proxy(original, { construct }) as typeof original
  })
  // `buffer.constructor === ArrayBuffer` must stay true.
  const proxy = globalThis.ArrayBuffer
  replace(proxy.prototype, 'constructor' as never, 'ArrayBuffer', () => proxy as unknown as Wrapper)

  return () => {
    on = false
    const left = restores.filter(({ restore }) => !restore()).map(({ maker }) => maker)
    return [...new Set(left)]
  }
}

function namedLike<F extends Wrapper>(original: F, wrapper: F): F {
  for (const key of ['name', 'length'] as const) Object.defineProperty(wrapper, key, { value: original[key], configurable: true })
  return wrapper
}
