import { type Backing, Slab } from '../../src/index.js'
import { operationsOf } from './operations.js'

/** A kind of memory that a pool can lie in. */
export interface TestBacking {
  readonly name: string
  /** Operations that the models run on it: fewer where the same kind comes in another way. */
  readonly operations: number
  /** Makes it anew. */
  readonly open: (bytes: number) => Backing | Slab<Backing>
}

/** Every kind of memory. */
export const backings: readonly TestBacking[] = [
  { name: 'an ArrayBuffer', operations: operationsOf(1_000_000), open: () => 'array' },
  { name: 'shared memory, where there is some', operations: operationsOf(1_000_000), open: () => 'shared' },
  { name: 'a WebAssembly.Memory', operations: operationsOf(1_000_000), open: () => new WebAssembly.Memory({ initial: 1 }) },
  {
    name: 'a shared WebAssembly.Memory',
    operations: operationsOf(200_000),
    open: () => new WebAssembly.Memory({ initial: 1, maximum: 100, shared: true })
  },
  { name: 'a buffer that exists', operations: operationsOf(200_000), open: (bytes) => new ArrayBuffer(bytes) },
  {
    name: 'a slab with a neighbour',
    operations: operationsOf(200_000),
    open(bytes) {
      const slab = new Slab({ bytes: bytes + 4096 })
      slab.reserve(1000)
      return slab
    }
  }
]
