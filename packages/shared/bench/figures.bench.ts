import { once } from 'node:events'
import { SharedPool } from '@pool/shared'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { startThread } from '../test/support/thread.js'

/** Records, stranded blocks, row hits where blocks travel one way, and reaping. */
export async function figures(short: boolean): Promise<string> {
  const rows = [...(await oneWay(short)), ...records(), ...reaping(short)]
  return table(['figure', 'value', 'bar'], rows)
}

function records(): string[][] {
  return [0, 2].map((channels) => {
    const pool = SharedPool.create({ type: Float32Array, shape: 128, blocks: 1024, threads: 4, channels })
    const share = (100 * pool.stats().recordBytes) / (1024 * 512)
    pool.detach()
    return [`records of 1 024 blocks of 512 bytes, ${channels} channels, %`, share.toFixed(2), verdict(share, { most: 3 })]
  })
}

async function oneWay(short: boolean): Promise<string[][]> {
  const pool = SharedPool.create({ type: Float32Array, shape: 128, blocks: 1024, threads: 3, channels: 1 })
  const turns = short ? 200_000 : 1_000_000
  const thread = startThread(new URL('./one-way-thread.ts', import.meta.url), { token: pool.token(), turns })
  await once(thread, 'message')
  const start = performance.now()
  for (let sent = 0; sent < turns; ) {
    const handle = pool.acquire()
    if (handle < 0) continue
    while (!pool.send(0, handle));
    sent++
  }
  const ns = ((performance.now() - start) * 1e6) / turns
  const ratio = 100 * pool.stats().rowHitRatio
  await once(thread, 'message')
  const busy = (100 * pool.stats().stranded) / 1024
  await new Promise((resolve) => setTimeout(resolve, 800))
  const idle = (100 * pool.stats().stranded) / 1024
  thread.postMessage('end')
  await once(thread, 'exit')
  return [
    ['row hits, blocks travel one way, %', figure(ratio), verdict(ratio, { least: 93 })],
    ['one way: acquire, send, receive, release, ns per block', figure(ns), ''],
    ['stranded, at once after work, %', figure(busy), verdict(busy, { most: 5 })],
    ['stranded, 0.8 s later, %', figure(idle), verdict(idle, { most: 5 })]
  ]
}

function reaping(short: boolean): string[][] {
  const times: number[] = []
  for (let round = 0; round < (short ? 20 : 200); round++) {
    const pool = SharedPool.create({ type: Float32Array, shape: 16, blocks: 256, channels: 2 })
    const token = pool.token()
    const other = SharedPool.attach(token)
    for (let count = 0; count < 256; count++) other.acquire()
    const start = performance.now()
    pool.reap(token)
    times.push(performance.now() - start)
    pool.detach()
  }
  return [['reaping of 256 blocks held, ms', figure(median(times)), verdict(median(times), { most: 1 })]]
}
