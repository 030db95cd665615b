import { SizeClassPool } from '@pool/core'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { createThreatDetector, type ThreatDetector } from '../src/detector/index.js'
import { HOSTILE_SHAPES } from '../test/detector/hostile-shapes.js'
import { BODIES } from './bodies.js'
import { NEW_BODIES } from './new-bodies.js'

const MOST_STOP_MS = 25
const WORST_SHOWN = 8

/** What the detector reads a second, for each kind of body, and how long hostile mebibytes stop the process. */
export async function detectorCost(short: boolean): Promise<string> {
  const pool = new SizeClassPool({ name: 'bench-scratch', clear: 'never' })
  const detector = createThreatDetector({ source: pool })
  try {
    return `${speeds(detector, short)}\n\n${newSpeeds(detector, short)}\n\n${await hostile(detector, short)}`
  } finally {
    pool.destroy()
  }
}

function speeds(detector: ThreatDetector, short: boolean): string {
  const rows = BODIES.map(({ name, type, body, least }) => {
    const { verdict: found } = detector.analyzeRequest(requestOf(type), body)
    const times = Math.ceil((short ? 1 : 4) * (262_144 / body.length))
    const run = (): number => (times * body.length) / cpuOf(() => repeat(times, () => detector.analyzeRequest(requestOf(type), body)))
    repeat(20, run)
    const speed = median(Array.from({ length: short ? 15 : 41 }, run))
    return [name, String(body.length), found, figure(speed), verdict(speed, { least })]
  })
  return `Detector, CPU time\n${table(['body', 'bytes', 'verdict', 'MB/s', 'bar'], rows)}`
}

/** The same for bodies of which no two are equal; `first` are the first ones that the process gets of their kind. */
function newSpeeds(detector: ThreatDetector, short: boolean): string {
  const rows = NEW_BODIES.map(({ name, type, bytes, next }) => {
    const count = Math.ceil((short ? 2 : 4) * (1_048_576 / bytes))
    let flagged = 0
    const run = (): number => {
      const bodies = next(count)
      const sum = bodies.reduce((total, { length }) => total + length, 0)
      const spent = cpuOf(() => {
        for (const body of bodies) if (detector.analyzeRequest(requestOf(type), body).verdict === 'threat') flagged += 1
      })
      return sum / spent
    }
    const speeds = Array.from({ length: short ? 9 : 21 }, run)
    return [
      name,
      figure(speeds[0] as number),
      figure(median(speeds.slice(speeds.length >> 1))),
      `${figure((100 * flagged) / (count * speeds.length))} %`
    ]
  })
  return `Detector, bodies that are each new, CPU time\n${table(['body', 'first, MB/s', 'then, MB/s', 'flagged'], rows)}`
}

/** How long the event loop stops while each hostile mebibyte is scanned, in CPU of the process, and how long the scan takes in all. */
async function hostile(detector: ThreatDetector, short: boolean): Promise<string> {
  const shapes: { shape: string; stopMs: number; allMs: number }[] = []
  for (const { type, unit, body } of HOSTILE_SHAPES) {
    const runs: (readonly [stop: number, all: number])[] = []
    for (let run = 0; run < (short ? 3 : 7); run += 1) runs.push(await stopsOf(detector, type, body))
    const shape = `${JSON.stringify(unit).slice(0, 44)} as ${type.split(';', 1)[0] || 'no type'}`
    shapes.push({ shape, stopMs: Math.min(...runs.map(([stop]) => stop)), allMs: Math.min(...runs.map(([, all]) => all)) })
  }
  shapes.sort((one, other) => other.stopMs - one.stopMs)
  const rows = shapes
    .slice(0, WORST_SHOWN)
    .map(({ shape, stopMs, allMs }) => [shape, figure(stopMs), figure(allMs), verdict(stopMs, { most: MOST_STOP_MS })])
  return `Worst of ${shapes.length} hostile mebibytes, ms of CPU\n${table(['repeated', 'longest stop', 'in all', 'bar'], rows)}`
}

async function stopsOf(detector: ThreatDetector, type: string, body: Buffer): Promise<readonly [number, number]> {
  const began = process.cpuUsage()
  let longest = 0
  let last = 0
  let isDone = false
  const look = (): void => {
    const now = microsecondsSince(began)
    longest = Math.max(longest, now - last)
    last = now
    if (!isDone) setImmediate(look)
  }
  setImmediate(look)
  await detector.analyzeInTurns(requestOf(type), body, () => false)
  isDone = true
  look()
  return [longest / 1000, last / 1000]
}

function requestOf(type: string): { method: string; url: string; headers: Record<string, string> } {
  return { method: 'POST', url: '/', headers: { 'content-type': type } }
}

function repeat(times: number, run: () => unknown): void {
  for (let time = 0; time < times; time += 1) run()
}

/** Microseconds of CPU that `run` takes. */
function cpuOf(run: () => unknown): number {
  const before = process.cpuUsage()
  run()
  return microsecondsSince(before)
}

function microsecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}
