import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolStats } from '@pool/core'
import type { AnalyzeAnswer } from '../analyze.js'
import type { ProcessFigures } from '../metrics/process-page.js'
import { GatewayProcess, type Pooling } from './gateway-process.js'
import { HttpReplay, type Part, type ReplayedRequest, replayedRequest } from './http-load.js'
import type { Sample } from './samples.js'
import { frameOf, sendMessages } from './stream-load.js'
import { VerdictScore } from './verdict-score.js'

/** Rounds into which a load is cut: the gateways take turns, so that a busy moment of the machine hits both. */
const ROUNDS = 8
const MESSAGE_BYTES = 64 * 1024
/** Different messages: so few that the detector knows them all before figures are taken. */
const MESSAGE_KINDS = 64
/** How long memory may stay out after the last answer. */
const RELEASE_TIMEOUT_MS = 5000

/** The options of the demo. */
export interface DemoOptions {
  /** Requests of each load to each gateway. */
  readonly requests: number
  /** Requests under way at once. */
  readonly concurrency: number
  /** Bytes to which ordinary bodies are repeated for the second load; 0: no such load. */
  readonly enlarge: number
  /** MiB of messages over TCP to each gateway; 0: none. */
  readonly ingest: number
  /** Longest time for all loads of requests together, in seconds. */
  readonly seconds: number
}

/** Both gateways of a comparison, pooled first, under the same loads. */
export interface Comparison {
  readonly loadNames: readonly string[]
  readonly sides: readonly Side[]
}

/** The figures of one gateway. */
export interface Side {
  readonly pooling: Pooling
  readonly verdicts: VerdictScore
  /** Samples that had no answer in the first pass. */
  unanswered: number
  /** In the order of the loads. */
  readonly loads: LoadFigures[]
  pools: Readonly<Record<string, PoolStats>>
  exitCode: number | null
}

/** The figures of one gateway under one load. */
export interface LoadFigures {
  /** Of each request, in nanoseconds; empty where messages follow each other without waiting. */
  readonly latency: RecordableHistogram
  /** Replies by status other than 200; 0: none came. */
  readonly failures: Map<number, number>
  /** Requests, or messages. */
  requests: number
  bytes: number
  threats: number
  elapsedMs: number
  cpuMs: number
  pageFaults: number
  garbage: ProcessFigures['garbage']
  maxRss: number
}

/** A load that is sent in parts, whose answers are counted in `figures`. */
interface Load {
  readonly name: string
  readonly count: number
  send(gateway: GatewayProcess, part: Part, figures: LoadFigures): Promise<void>
}

/** Shows how far the demo is. */
interface Progress {
  start(total: number, done: number): void
  increment(): void
}

/**
 * Replays `samples` through a gateway with pools and one without, in turns; then sends messages over TCP to two further ones, so that their
 * peak of memory is of streams alone.
 */
export async function compareGateways(
  samples: readonly Sample[],
  options: DemoOptions,
  progress: Progress
): Promise<readonly Comparison[]> {
  const requests = samples.map((sample) => replayedRequest(sample))
  const ordinary = samples.filter(({ label, body }) => label === 'ordinary' && body.length > 0)
  const replay = new HttpReplay(options.concurrency)
  let deadline: AbortSignal | undefined
  const httpLoad = (name: string, replayed: readonly ReplayedRequest[]): Load => {
    const send = (gateway: GatewayProcess, part: Part, figures: LoadFigures) => {
      deadline ??= AbortSignal.timeout(options.seconds * 1000)
      return replay.send(
        gateway,
        replayed,
        part,
        ({ body }, { status }, nanoseconds) => {
          figures.requests += 1
          figures.bytes += body.length
          figures.latency.record(Math.max(1, nanoseconds))
          if (status !== 200) figures.failures.set(status, (figures.failures.get(status) ?? 0) + 1)
          progress.increment()
        },
        deadline
      )
    }
    return { name, count: options.requests, send }
  }
  const loads = [httpLoad('requests as they are', requests)]
  if (options.enlarge > 0 && ordinary.length > 0) {
    const enlarged = ordinary.map((sample) => replayedRequest(sample, options.enlarge))
    loads.push(httpLoad(`requests with ordinary bodies enlarged to ${options.enlarge / 1024} KiB`, enlarged))
  }
  // Each sample once; this also warms the gateway up.
  const judge = (side: Side, gateway: GatewayProcess): Promise<void> =>
    replay.send(gateway, requests, { first: 0, end: requests.length }, ({ sample }, { status, text }) => {
      if (status === 200) side.verdicts.add(sample, JSON.parse(text) as AnalyzeAnswer)
      else side.unanswered += 1
      progress.increment()
    })
  progress.start(2 * (requests.length + loads.length * options.requests), 0)
  const comparisons = [await compare(loads, judge).finally(() => replay.close())]

  if (options.ingest > 0 && ordinary.length > 0) {
    const frames = ordinary.slice(0, MESSAGE_KINDS).map(({ body }) => frameOf(Buffer.alloc(MESSAGE_BYTES, body)))
    const send = async (gateway: GatewayProcess, part: Part, figures: LoadFigures): Promise<void> => {
      const judged = await sendMessages(gateway, frames, part)
      const missing = part.end - part.first - judged
      figures.requests += judged
      figures.bytes += judged * MESSAGE_BYTES
      if (missing > 0) figures.failures.set(0, (figures.failures.get(0) ?? 0) + missing)
    }
    const count = Math.ceil((options.ingest * 2 ** 20) / MESSAGE_BYTES)
    const warmUp = (_side: Side, gateway: GatewayProcess): Promise<void> =>
      send(gateway, { first: 0, end: Math.ceil(count / 2) }, noFigures())
    comparisons.push(await compare([{ name: 'messages over TCP (INGEST_PORT)', count, send }], warmUp))
  }
  return comparisons
}

/** Starts a gateway with pools and one without, plays the loads to both in turns, and stops them. */
async function compare(loads: readonly Load[], warmUp: (side: Side, gateway: GatewayProcess) => Promise<void>): Promise<Comparison> {
  const runners: { readonly side: Side; readonly gateway: GatewayProcess }[] = []
  try {
    for (const pooling of ['pooled', 'unpooled'] as const) {
      const none = { unanswered: 0, pools: {}, exitCode: null }
      const side: Side = { pooling, verdicts: new VerdictScore(), loads: loads.map(noFigures), ...none }
      runners.push({ side, gateway: await GatewayProcess.start(pooling) })
    }
    for (const { side, gateway } of runners) await warmUp(side, gateway)
    for (const [index, load] of loads.entries()) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const part = { first: Math.floor((round * load.count) / ROUNDS), end: Math.floor(((round + 1) * load.count) / ROUNDS) }
        const turn = round % 2 === 0 ? runners : runners.toReversed()
        for (const { side, gateway } of turn) await playRound(gateway, load, part, side.loads[index] as LoadFigures)
      }
    }
    for (const { side, gateway } of runners) side.pools = await settledPools(gateway)
  } finally {
    for (const { side, gateway } of runners) side.exitCode = await gateway.stop()
  }
  return { loadNames: loads.map(({ name }) => name), sides: runners.map(({ side }) => side) }
}

async function playRound(gateway: GatewayProcess, load: Load, part: Part, figures: LoadFigures): Promise<void> {
  const before = await gateway.figures()
  const began = performance.now()
  await load.send(gateway, part, figures)
  figures.elapsedMs += performance.now() - began
  const after = await gateway.figures()
  figures.cpuMs += after.cpuMs - before.cpuMs
  figures.pageFaults += after.pageFaults - before.pageFaults
  figures.threats += after.detector.threats - before.detector.threats
  const sum = (figure: 'count' | 'majorCount' | 'totalMs') => figures.garbage[figure] + after.garbage[figure] - before.garbage[figure]
  figures.garbage = { count: sum('count'), majorCount: sum('majorCount'), totalMs: sum('totalMs'), longestMs: after.garbage.longestMs }
  figures.maxRss = after.memory.maxRss
}

/** The figures of the pools, once all memory is back, or has had time to come back. */
async function settledPools(gateway: GatewayProcess): Promise<Side['pools']> {
  const deadline = performance.now() + RELEASE_TIMEOUT_MS
  for (;;) {
    const pools = await gateway.pools()
    if (Object.values(pools).every(({ outstanding }) => outstanding === 0) || performance.now() > deadline) return pools
    await sleep(20)
  }
}

function noFigures(): LoadFigures {
  const none = { requests: 0, bytes: 0, threats: 0, elapsedMs: 0, cpuMs: 0, pageFaults: 0, maxRss: 0 }
  return { latency: createHistogram(), failures: new Map(), garbage: { count: 0, majorCount: 0, totalMs: 0, longestMs: 0 }, ...none }
}
