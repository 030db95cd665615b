import { median } from '../../../tooling/bench-kit/src/median.js'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { form, formType } from '../test/support/multipart.js'
import type { Subject } from './body-server.js'
import { type Cost, load, lowerQuartile } from './load.js'
import { Served } from './served.js'

const MiB = 1024 * 1024
const subjects: readonly Subject[] = ['memoryStorage()', 'pooledStorage()', 'droppingStorage()']

/**
 * CPU of the server for each upload of one file with multer 2: its memory storage, `pooledStorage()`, and a storage that keeps nothing, which
 * is the floor; rounds in turn, in several sets of processes.
 */
export async function multerCost(short: boolean): Promise<string> {
  const rows: string[][] = []
  for (const [size, connections] of short
    ? ([[MiB, 16]] as const)
    : ([
        [MiB / 16, 16],
        [MiB, 1],
        [MiB, 16],
        [MiB, 64],
        [4 * MiB, 16]
      ] as const)) {
    rows.push(await compare(size, connections))
  }
  progress('')
  return table(
    [
      'multer 2 on Express 5, CPU µs per upload',
      'memoryStorage()',
      'pooledStorage()',
      'ratio',
      'in rounds',
      'bar',
      'memory req/s',
      'pooled req/s'
    ],
    rows
  )
}

async function compare(size: number, connections: number): Promise<string[]> {
  const body = form({
    name: 'file',
    filename: 'file.bin',
    bytes: Buffer.from(Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255))
  })
  const amount = Math.max(connections * 2, Math.round((100 * MiB) / size))
  const costs: Cost[][] = subjects.map(() => [])
  // Many, since the collector of one process differs from that of the next for as long as they live.
  for (let set = 0; set < 8; set++) {
    const servers = await Promise.all(subjects.map((subject) => Served.start(subject, size, 512 * MiB)))
    for (let round = -2; round < 3; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        const at = (turn + round + servers.length) % servers.length
        progress(`${connections} connections, ${size} bytes, set ${set}, round ${round}, ${subjects[at]}`)
        const cost = await load(servers[at]!, { body, type: formType }, connections, amount)
        if (round >= 0) costs[at]!.push(cost)
      }
    }
    for (const server of servers) server.stop()
  }
  const [memory = [], pooled = [], dropped = []] = costs.map((all) => all.map(({ cpuMicros }) => cpuMicros))
  // Of the two rounds that ran one after the other: the machine differs more between sets of processes than the subjects do.
  const toMemory = (all: readonly number[]) => all.map((micros, round) => micros / memory[round]!).sort((a, b) => a - b)
  const ratios = toMemory(pooled)
  const ratio = median(ratios)
  const rateOf = (at: number) => -lowerQuartile(costs[at]!.map(({ perSecond }) => -perSecond))
  return [
    `${size / 1024} KiB, ${connections} connections`,
    figure(lowerQuartile(memory)),
    figure(lowerQuartile(pooled)),
    figure(lowerQuartile(dropped)),
    figure(ratio),
    `${figure(ratios[0]!)} to ${figure(ratios.at(-1)!)}`,
    size < MiB ? '' : verdict(ratio, { most: 0.85 }),
    figure(median(toMemory(dropped))),
    figure(rateOf(0)),
    figure(rateOf(1))
  ]
}
