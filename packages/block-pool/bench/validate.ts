import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BlockPool, type ValidationCriterion } from '@pool/block-pool'
import { reportOf } from '../src/pool/validation-report.js'
import { inTurns } from './cpu-turns.js'
import { shuffled } from './random.js'

/**
 * Holds a block pool against what a simulation asks of it, and writes a report as JSON: what, the target, what was measured, whether it
 * passed. Fails when anything does. The report goes to the path given, or to `coverage/validation-report.json` of this package.
 */

const blocks = 4096
const make = (options: { strategy?: 'address' | 'lifo'; coalesceAbove?: number; blocks?: number } = {}) =>
  new BlockPool({ type: Float64Array, shape: [8, 8, 8], blocks, ...options })
const takeAll = (pool: BlockPool) => {
  while (pool.getIndex() >= 0);
}
const returnShuffled = (pool: BlockPool) => {
  for (const index of shuffled(pool.blocks, 31)) pool.returnBlock(index)
}

function takesAndReturns(): ValidationCriterion[] {
  const pool = make()
  const taken = Array.from({ length: blocks }, () => pool.getBlock())
  const different = new Set(taken).size
  const empty = pool.getBlock()
  for (const block of taken) pool.returnBlock(block as Float64Array)
  return [
    { criterion: 'every block is handed out, to one owner each', target: `${blocks}`, measured: different, pass: different === blocks },
    { criterion: 'getBlock() of an empty pool', target: 'nothing', measured: String(empty), pass: empty === undefined },
    { criterion: 'blocks free after all were returned', target: `${blocks}`, measured: pool.available, pass: pool.available === blocks }
  ]
}

function coalesces(): ValidationCriterion[] {
  const manual = make({ strategy: 'lifo', coalesceAbove: 100 })
  takeAll(manual)
  returnShuffled(manual)
  const before = manual.getFragmentation()
  manual.coalesce()
  const [after, efficiency] = [manual.getFragmentation(), manual.getEfficiency()]
  const automatic = make({ strategy: 'lifo' })
  takeAll(automatic)
  let worst = 0
  for (const index of shuffled(blocks, 37)) {
    automatic.returnBlock(index)
    worst = Math.max(worst, automatic.getFragmentation())
  }
  const ordered = make()
  takeAll(ordered)
  returnShuffled(ordered)
  const addressed = ordered.getFragmentation()
  return [
    { criterion: 'fragmentation arises with random returns, %', target: '> 20', measured: before, pass: before > 20 },
    { criterion: 'fragmentation after coalesce(), %', target: '0', measured: after, pass: after === 0 },
    { criterion: 'efficiency after coalesce(), %', target: '100', measured: efficiency, pass: efficiency === 100 },
    { criterion: 'worst fragmentation with automatic coalescing, %', target: '≤ 20', measured: worst, pass: worst <= 20 },
    { criterion: 'fragmentation in the order of addresses, %', target: '0', measured: addressed, pass: addressed === 0 }
  ]
}

function constantTime(): ValidationCriterion[] {
  const cost = (count: number) => {
    const pool = make({ blocks: count })
    takeAll(pool)
    const order = shuffled(count, 41)
    const run = (operations: number) => {
      for (let at = 0; at < operations; at++) {
        pool.returnBlock(order[at % count] as number)
        pool.getIndex()
      }
    }
    return { run, operations: 300_000 }
  }
  const { large } = inTurns({ small: cost(256), large: cost(65_536) }, 15)
  const measured = Number(large?.timesFirst.toFixed(2))
  // A cache that holds the one and not the other makes some difference; a search would make one of 256 times.
  return [{ criterion: 'cost with 65 536 blocks by that with 256', target: '≤ 3', measured, pass: measured <= 3 }]
}

function constantMemory(): ValidationCriterion[] {
  const pool = make()
  const order = shuffled(blocks / 2, 43)
  for (let index = 0; index < blocks / 2; index++) pool.getIndex()
  const run = () => {
    for (let round = 0; round < 100; round++) {
      for (let at = 0; at < order.length; at++) {
        pool.returnBlock(order[at] as number)
        pool.getIndex()
      }
    }
  }
  const grownBy = () => {
    const before = process.memoryUsage().heapUsed
    for (let chunk = 0; chunk < 50; chunk++) run()
    return process.memoryUsage().heapUsed - before
  }
  grownBy()
  globalThis.gc?.()
  grownBy()
  // The engine counts the heap in buffers of up to 32 KiB; what asking for the figure takes is below 4 KiB.
  const grown = Math.min(grownBy(), grownBy())
  const measured = grown < 4096 ? 0 : grown
  return [{ criterion: 'bytes of heap after 10 240 000 operations', target: '0', measured, pass: measured === 0 }]
}

/** What the report of a pool in use has: its records, its figures, wrong arguments, fragmentation. */
function reportOfPool(): readonly ValidationCriterion[] {
  const pool = make()
  takeAll(pool)
  returnShuffled(pool)
  takeAll(pool)
  return pool.validationReport().criteria
}

const scenarios = [takesAndReturns, coalesces, constantTime, constantMemory, reportOfPool]
const criteria = scenarios.flatMap((scenario) => scenario())
const report = { ...reportOf('@pool/block-pool', 'block', criteria), node: process.versions.node }

const path = process.argv[2] ?? fileURLToPath(new URL('../coverage/validation-report.json', import.meta.url))
mkdirSync(dirname(path), { recursive: true })
writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`)
console.table(criteria)
console.log(`${report.passed} of ${criteria.length} passed; the report is in ${path}`)
process.exitCode = report.valid ? 0 : 1
