import { fileURLToPath } from 'node:url'
import { BufferPool, SizeClassPool } from '@pool/core'
import { type Comparison, interleave } from '../../../tooling/bench-kit/src/interleave.js'
import { inSubprocess, ownParameters, progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { BareArray } from './bare-array.js'

const self = fileURLToPath(import.meta.url)
const pools = {
  BufferPool: () => new BufferPool({ bufferSize: 65_536, initialSize: 128, clear: 'never' }),
  SizeClassPool: () => {
    const pool = new SizeClassPool({ clear: 'never' })
    pool.warm(128, 65_536)
    return pool
  }
}
const sizes = { 'the same size': () => 50_000, 'another size each time': (turn: number) => 40_000 + (turn & 4095) }
const bars = { 'the same size': { most: 3 }, 'another size each time': { most: 9 } }

/** Lease, touch, release of an exact size, beside a bare array's pop and push. */
export async function lease(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const pool of short ? ['SizeClassPool'] : Object.keys(pools)) {
    for (const size of Object.keys(sizes) as (keyof typeof sizes)[]) {
      progress(`lease: ${pool}, ${size}`)
      const { floorNs, subjectNs, ratio } = await inSubprocess<Comparison>(self, [pool, size, short ? '2' : '5'])
      rows.push([`${pool}, ${size}`, figure(subjectNs), figure(floorNs), figure(ratio), verdict(ratio, bars[size])])
    }
  }
  progress('')
  return table(['lease + touch + release, 64 KiB', 'ns', 'bare ns', '× bare', 'bar'], rows)
}

const parameters = ownParameters(self)
if (parameters !== undefined) {
  const [name, size, rounds] = parameters
  const pool = pools[name as keyof typeof pools]()
  const bytesOf = sizes[size as keyof typeof sizes]
  const bare = new BareArray(65_536, 128)
  let turn = 0
  const floor = () => {
    for (let index = 0; index < 64; index++) {
      const buffer = bare.acquire()
      buffer[0] = 1
      bare.release(buffer)
    }
  }
  const subject = () => {
    for (let index = 0; index < 64; index++) {
      const leased = pool.lease(bytesOf(turn++))
      leased.buffer[0] = 1
      leased.release()
    }
  }
  console.log(JSON.stringify(await interleave(floor, subject, 64, Number(rounds))))
}
