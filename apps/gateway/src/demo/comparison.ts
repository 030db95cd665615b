import { createHistogram, performance, type RecordableHistogram } from 'node:perf_hooks'
import type { PoolStats } from '@pool/core'
import type { ProcessFigures } from '../metrics/process-page.js'
import { GatewayProcess, type Pooling } from './gateway-process.js'
import { HttpReplay, readAnswer } from './http-replay.js'
import { enlargedRequest, type ReplayedRequest, replayedRequest } from './replayed-request.js'
import type { Sample } from './samples.js'
import { compareStreams, type StreamSide } from './stream-comparison.js'
import { VerdictScore } from './verdict-score.js'

/** Rounds into which a load is cut: the gateways take turns, so that a busy moment of the machine hits both. */
const ROUNDS = 8

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

/** Both gateways, and the requests for them. */
export interface Comparison {
  readonly sides: readonly Side[]
  readonly loadNames: readonly string[]
  /** Of streams over TCP; empty where there were none. */
  readonly streams: readonly StreamSide[]
  /** Whether the time was up before every request was sent. */
  readonly cutShort: boolean
}

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

/** Shows how far the demo is. */
interface Progress {
  start(total: number, done: number): void
  increment(): void
}

/** The figures of one gateway under one load. */
export interface LoadFigures {
  /** Of each request, in nanoseconds. */
  readonly latency: RecordableHistogram
  /** Replies by status other than 200; 0: none came. */
  readonly failures: Map<number, number>
  requests: number
  bytes: number
  elapsedMs: number
  cpuMs: number
  garbage: ProcessFigures['garbage']
  maxRss: number
}

interface Runner {
  readonly side: Side
  readonly gateway: GatewayProcess
  readonly replay: HttpReplay
}

/** Starts a gateway with pools and one without, replays `samples` through both in turns, and stops them. */
export async function compareGateways(samples: readonly Sample[], options: DemoOptions, progress: Progress): Promise<Comparison> {
  const requests = samples.map(replayedRequest)
  const loads = [{ name: 'as they are', requests }]
  const large = requests.filter(({ sample, body }) => sample.label === 'ordinary' && body.length > 0)
  if (options.enlarge > 0 && large.length > 0) {
    const enlarged = large.map((request) => enlargedRequest(request, options.enlarge))
    loads.push({ name: `ordinary bodies enlarged to ${options.enlarge / 1024} KiB`, requests: enlarged })
  }
  const runners: Runner[] = []
  let cutShort = false
  try {
    for (const pooling of ['pooled', 'unpooled'] as const) runners.push(await startRunner(pooling, options.concurrency))
    progress.start(runners.length * (requests.length + loads.length * options.requests), 0)
    const deadline = AbortSignal.timeout(options.seconds * 1000)
    for (const runner of runners) await judge(runner, requests, progress)
    for (const [index, load] of loads.entries()) {
      for (const { side } of runners) side.loads.push(noFigures())
      for (let round = 0; round < ROUNDS; round += 1) {
        const count = Math.floor(((round + 1) * options.requests) / ROUNDS) - Math.floor((round * options.requests) / ROUNDS)
        const turn = round % 2 === 0 ? runners : runners.toReversed()
        for (const runner of turn) await playRound(runner, index, load.requests, count, deadline, progress)
      }
    }
    for (const { side, gateway } of runners) side.pools = await gateway.pools()
    cutShort = deadline.aborted
  } finally {
    await Promise.all(runners.map(stopRunner))
  }
  const streams = await compareStreams(samples, options.ingest)
  return { sides: runners.map(({ side }) => side), loadNames: loads.map(({ name }) => name), streams, cutShort }
}

async function startRunner(pooling: Pooling, concurrency: number): Promise<Runner> {
  const gateway = await GatewayProcess.start(pooling)
  const side: Side = { pooling, verdicts: new VerdictScore(), unanswered: 0, loads: [], pools: {}, exitCode: null }
  return { side, gateway, replay: new HttpReplay(gateway.url, concurrency) }
}

async function stopRunner({ side, gateway, replay }: Runner): Promise<void> {
  replay.close()
  side.exitCode = await gateway.stop()
}

/** Each sample once; this also warms the gateway up. */
async function judge({ side, replay }: Runner, requests: readonly ReplayedRequest[], progress: Progress): Promise<void> {
  const never = new AbortController().signal
  await replay.send(
    requests,
    requests.length,
    ({ sample }, reply) => {
      if (reply.status === 200) side.verdicts.add(sample, readAnswer(reply))
      else side.unanswered += 1
      progress.increment()
    },
    never
  )
}

async function playRound(
  { side, gateway, replay }: Runner,
  load: number,
  requests: readonly ReplayedRequest[],
  count: number,
  deadline: AbortSignal,
  progress: Progress
): Promise<void> {
  if (deadline.aborted) return
  const figures = side.loads[load] as LoadFigures
  const before = await gateway.figures()
  const began = performance.now()
  await replay.send(
    requests,
    count,
    ({ body }, { status }, nanoseconds) => {
      figures.requests += 1
      figures.bytes += body.length
      figures.latency.record(Math.max(1, nanoseconds))
      if (status !== 200) figures.failures.set(status, (figures.failures.get(status) ?? 0) + 1)
      progress.increment()
    },
    deadline
  )
  figures.elapsedMs += performance.now() - began
  const after = await gateway.figures()
  figures.cpuMs += after.cpuMs - before.cpuMs
  const sum = (figure: 'count' | 'majorCount' | 'totalMs') => figures.garbage[figure] + after.garbage[figure] - before.garbage[figure]
  figures.garbage = { count: sum('count'), majorCount: sum('majorCount'), totalMs: sum('totalMs'), longestMs: after.garbage.longestMs }
  figures.maxRss = after.memory.maxRss
}

function noFigures(): LoadFigures {
  const none = { requests: 0, bytes: 0, elapsedMs: 0, cpuMs: 0, maxRss: 0 }
  return { latency: createHistogram(), failures: new Map(), garbage: { count: 0, majorCount: 0, totalMs: 0, longestMs: 0 }, ...none }
}
