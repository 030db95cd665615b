import { SharedPool } from '../../src/index.js'
import { kernelOver } from '../support/wasm-kernel.js'

/*
 * Started with --expose-gc: takes blocks, hands each to the kernel by its address, sends and receives it, and prints how many bytes of heap so many turns took.
 * With `--garbage` it makes an object for each turn, for the proof that this would be seen.
 */
const memory = new WebAssembly.Memory({ initial: 1, maximum: 256, shared: true })
const pool = SharedPool.create({ type: Int32Array, shape: 16, blocks: 256, channels: 1, rings: 1, memory })
const kernel = kernelOver(memory)
const garbage: { turn: number }[] = []
const isMade = process.argv.includes('--garbage')
let sum = 0

function run(turns: number): void {
  for (let turn = 0; turn < turns; turn++) {
    const handle = pool.acquire()
    const address = pool.offset(handle)
    kernel.write(address, turn)
    pool.send(turn & 1, handle)
    const received = pool.receive(turn & 1)
    sum = (sum + kernel.read(pool.offset(received)) + (pool.view(received)[0] as number)) | 0
    if (isMade) garbage[0] = { turn }
    pool.release(received)
  }
}

pool.prewarm()
// Until it is compiled for good.
for (let round = 0; round < 20; round++) run(50_000)
const turns = 500_000
const used = () => process.memoryUsage().heapUsed
used()
;(globalThis as { gc?: () => void }).gc?.()
const grown = [1, 2, 3].map(() => {
  const before = used()
  run(turns)
  return used() - before
})
const bytes = grown.sort((a, b) => a - b)[1] as number
console.log(JSON.stringify({ bytes, turns, sum }))
