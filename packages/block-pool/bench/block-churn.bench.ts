import { fileURLToPath } from 'node:url'
import { BlockPool, type BlockStrategy } from '@pool/block-pool'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { type Cost, inTurns, type Work } from './cpu-turns.js'
import { shuffled } from './random.js'

const self = fileURLToPath(import.meta.url)
const elements = 64
const bare = 'bare stack of views, no check'
const makePool = (blocks: number, strategy: BlockStrategy, coalesceAbove?: number) =>
  new BlockPool({ type: Float32Array, shape: elements, blocks, strategy, ...(coalesceAbove === undefined ? {} : { coalesceAbove }) })

/** All blocks out, and back in random order. Each work has its own code, so that none finds another one's feedback. */
function works(blocks: number, touch: boolean): Record<string, Work> {
  const order = shuffled(blocks, 7)
  const operations = Math.ceil(400_000 / blocks) * blocks
  const slab = new ArrayBuffer(blocks * elements * 4)
  const stack = Array.from({ length: blocks }, (_, index) => new Float32Array(slab, index * elements * 4, elements))
  const work = (take: string, giveBack: string, subject: unknown): Work => {
    const code = `
      const held = new Array(${blocks}).fill(undefined)
      const round = () => {
        for (let at = 0; at < ${blocks}; at++) { const block = subject.${take}; ${touch ? 'block[0] = at;' : ''} held[at] = block }
        for (let at = 0; at < ${blocks}; at++) { const place = order[at]; const block = held[place]; ${touch ? 'block[1] = at;' : ''} subject.${giveBack} }
      }
      return (operations) => { for (let done = 0; done < operations; done += ${blocks}) round() }`
    return { operations, run: new Function('subject', 'order', code)(subject, order) as Work['run'] }
  }
  return {
    [bare]: work('pop()', 'push(block)', stack),
    'BlockPool, returned by view': work('getBlock()', 'returnBlock(block)', makePool(blocks, 'address')),
    // All blocks are out, lowest first, so the place in the order is the index.
    'BlockPool, returned by index': work('getBlock()', 'returnBlock(place)', makePool(blocks, 'address')),
    'BlockPool, lifo, by view': work('getBlock()', 'returnBlock(block)', makePool(blocks, 'lifo')),
    'BlockPool, lifo, never coalescing': work('getBlock()', 'returnBlock(block)', makePool(blocks, 'lifo', 100))
  }
}

/** getBlock and returnBlock beside the stack that checks nothing. */
export async function blockChurn(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const touch of [true, false]) {
    for (const blocks of [1024, 65_536]) {
      progress(`blocks: ${blocks}`)
      const costs = await inSubprocess<Record<string, Cost>>(self, [String(blocks), String(touch), short ? '5' : '21'])
      for (const [name, { ns, timesFirst }] of Object.entries(costs)) {
        const bar = name === bare || name.includes('lifo') ? undefined : { most: 3 }
        rows.push([name, touch ? 'yes' : 'no', figure(blocks), figure(ns), figure(timesFirst), verdict(timesFirst, bar)])
      }
    }
  }
  progress('')
  return table(['take + return in random order', 'touched', 'blocks', 'CPU ns', '× bare', 'bar'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [blocks, touch, rounds] = parameters
  console.log(JSON.stringify(inTurns(works(Number(blocks), touch === 'true'), Number(rounds))))
}
