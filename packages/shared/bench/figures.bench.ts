import { once } from 'node:events'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { SharedPool } from '@pool/shared'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { startThread } from '../test/support/thread.js'

/** Records, stranded blocks, row hits where blocks travel one way, reaping, and handing over. */
export async function figures(short: boolean): Promise<string> {
  const rows = [...(await oneWay(short)), ...records(), ...reaping(short), ...(await handOff(short))]
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

/** One thread plays both, so that neither waits for a core: what handing over costs, without the delay of another thread. */
async function handOff(short: boolean): Promise<string[][]> {
  const pool = SharedPool.create({ type: Float32Array, shape: 128, blocks: 64, threads: 2, channels: 1, rings: 2 })
  const other = SharedPool.attach(pool.token())
  const { port1, port2 } = new MessageChannel()
  let buffer = new ArrayBuffer(512)
  let handle = pool.acquire()
  const [posts, sends] = [short ? 5000 : 20_000, 500_000]
  const post = () => {
    for (let count = 0; count < posts; count++) {
      port1.postMessage(buffer, [buffer])
      buffer = receiveMessageOnPort(port2)?.message
    }
  }
  const send = () => {
    for (let count = 0; count < sends; count++) {
      pool.send(0, handle)
      other.send(0, other.receive(0))
      handle = pool.receive(0)
    }
  }
  const sendByRing = () => {
    for (let count = 0; count < sends; count++) {
      pool.send(1, handle)
      other.send(2, other.receive(1))
      handle = pool.receive(2)
    }
  }
  const time = (work: () => void, operations: number) => {
    const start = performance.now()
    work()
    return ((performance.now() - start) * 1e6) / operations
  }
  const [posted, sent, ring, ratios, ringRatios]: number[][] & { length: 5 } = [[], [], [], [], []]
  for (let round = 0; round < (short ? 5 : 11); round++) {
    posted.push(time(post, posts))
    sent.push(time(send, 2 * sends))
    ring.push(time(sendByRing, 2 * sends))
    ratios.push((posted.at(-1) as number) / (sent.at(-1) as number))
    ringRatios.push((posted.at(-1) as number) / (ring.at(-1) as number))
  }
  port1.close()
  return [
    ['hand-off: send + receive, ns', figure(median(sent)), ''],
    ['hand-off: send + receive by a ring, ns', figure(median(ring)), ''],
    ['hand-off: postMessage with transfer + receiveMessageOnPort, ns', figure(median(posted)), ''],
    ['hand-off, × faster than postMessage', figure(median(ratios)), verdict(median(ratios), { least: 20 })],
    ['hand-off by a ring, × faster than postMessage', figure(median(ringRatios)), verdict(median(ringRatios), { least: 20 })]
  ]
}
