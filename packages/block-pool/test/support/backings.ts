import { type Backing, Slab } from '../../src/index.js'

/** Every kind of memory that a pool can lie in, made anew for each test. */
export const backings: readonly { readonly name: string; readonly open: (bytes: number) => Backing | Slab }[] = [
  { name: 'an ArrayBuffer', open: () => 'array' },
  { name: 'shared memory, where there is some', open: () => 'shared' },
  { name: 'a buffer that exists', open: (bytes) => new ArrayBuffer(bytes) },
  { name: 'a WebAssembly.Memory', open: () => new WebAssembly.Memory({ initial: 1 }) },
  { name: 'a shared WebAssembly.Memory', open: () => new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true }) },
  {
    name: 'a slab with a neighbour',
    open(bytes) {
      const slab = new Slab({ bytes: bytes + 4096 })
      slab.reserve(1000)
      return slab
    }
  }
]
