import { SharedPool, type SharedPoolToken } from '@pool/shared'
import { TaggedStack } from './tagged-stack.js'

/** What lends blocks: the pool, or what it is compared with. */
export type Lender = 'SharedPool' | 'tagged stack' | 'local stack'

/** What a thread needs to lend from it. */
export interface Ground {
  readonly lender: Lender
  readonly token?: SharedPoolToken
  readonly stack?: SharedArrayBuffer
}

const blocks = 1024

/** Makes a lender's memory, for so many threads. */
export function makeGround(lender: Lender, threads: number): Ground {
  if (lender === 'SharedPool') {
    const pool = SharedPool.create({ type: Float32Array, shape: 128, blocks, threads: threads + 1 })
    return { lender, token: pool.token() }
  }
  if (lender === 'local stack') return { lender }
  const stack = new SharedArrayBuffer(TaggedStack.bytes(blocks))
  new TaggedStack(stack).fill(blocks)
  return { lender, stack }
}

/** Takes `burst` blocks, gives them back in the same order, and so on; each lender has code of its own, so that none finds another one's feedback. */
export function churner({ lender, token, stack }: Ground, burst: number): (operations: number) => void {
  const subject = token ? SharedPool.attach(token) : stack ? new TaggedStack(stack) : Array.from({ length: blocks }, (_, at) => at)
  const [take, give] = lender === 'local stack' ? ['pop()', 'push(block)'] : ['acquire()', 'release(block)']
  const taking = `const block = subject.${take}; if (block < 0) throw new Error('out')`
  // One at a time needs no list of what is out, which would be measured as well.
  const turn =
    burst === 1
      ? `${taking}; subject.${give}`
      : `for (let at = 0; at < ${burst}; at++) { ${taking}; held[at] = block }
        for (let at = 0; at < ${burst}; at++) { const block = held[at]; subject.${give} }`
  const code = `
    const held = new Int32Array(${burst})
    return function churn(operations) {
      for (let done = 0; done < operations; done += ${burst}) {
        ${turn}
      }
    }`
  return new Function('subject', code)(subject) as (operations: number) => void
}
