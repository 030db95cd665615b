/** Random integers in `min..max`, made ahead, so that measuring them costs an array access; the same ones in each run. */
export function randomIntegers(count: number, min: number, max: number, seed: number): Int32Array {
  let state = seed
  return Int32Array.from({ length: count }, () => {
    // D. Lehmer's generator with the modulus 2^31 - 1 and the multiplier 48271 of Park, Miller and Stockmeyer, 1993.
    state = (state * 48_271) % 2_147_483_647
    return min + (state % (max - min + 1))
  })
}

/** The integers below `count` in random order. */
export function shuffled(count: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, at) => at)
  const places = randomIntegers(count, 0, 2 ** 31 - 3, seed)
  for (let at = count - 1; at > 0; at--) {
    const other = (places[at] as number) % (at + 1)
    const kept = order[at] as number
    order[at] = order[other] as number
    order[other] = kept
  }
  return order
}
