import { SharedPool, type TypedArray } from '../../src/index.js'

/** Gives back messages that were sent after the last reader of their channel had died: they wait for a next one. */
export function drain(pool: SharedPool<TypedArray>, channels: number): void {
  const reader = SharedPool.attach(pool.token())
  for (let channel = 0; channel < channels; channel++) {
    for (let handle = reader.receive(channel); handle >= 0; handle = reader.receive(channel)) reader.release(handle)
  }
  reader.detach()
}
