import type { SharedPool, TypedArray } from '../../src/index.js'

/** Sends blocks on channel 0 and receives them on channel 1, filled with 0, 1, 2, …, until so many have come back; `look` sees each. */
export async function roundTrips(
  pool: SharedPool<TypedArray>,
  trips: number,
  look: (view: TypedArray, trip: number) => void
): Promise<void> {
  let [sent, back] = [0, 0]
  while (back < trips) {
    for (let handle = pool.acquire(); handle >= 0; handle = pool.acquire()) {
      ;(pool.view(handle) as Float64Array).fill(sent)
      if (pool.send(0, handle)) sent++
      else {
        pool.release(handle)
        break
      }
    }
    for (let handle = pool.receive(1); handle >= 0; handle = pool.receive(1)) {
      look(pool.view(handle), back++)
      pool.release(handle)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
