import { SharedPool, type SharedPoolToken } from '@pool/shared'

/** What the worker does without end: acquires and releases 24 blocks, or drives a clock. */
export type BusyStart = { readonly token: SharedPoolToken } | { readonly clock: Int32Array }

globalThis.onmessage = ({ data }: MessageEvent<BusyStart>) => {
  postMessage('at work')
  if ('clock' in data) drive(data.clock)
  else contend(SharedPool.attach(data.token))
}

function drive(clock: Int32Array): never {
  for (let tick = 0; ; tick = (tick + 1) & (2 ** 29 - 1)) Atomics.store(clock, 0, tick)
}

function contend(pool: SharedPool): never {
  const held = new Int32Array(24)
  for (;;) {
    for (let at = 0; at < held.length; at++) held[at] = pool.acquire()
    for (let at = 0; at < held.length; at++) if ((held[at] as number) >= 0) pool.release(held[at] as number)
  }
}
