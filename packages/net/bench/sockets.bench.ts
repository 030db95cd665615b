import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { measured, started } from './plain-node.js'
import type { Cost } from './subject.js'

const gibibyte = 2 ** 30
const nodeMajor = Number(process.versions.node.split('.')[0])

/** Runs several subjects in turn, `rounds` times, so that drifts of the machine meet them all. */
async function inTurn(runs: Record<string, readonly string[]>, rounds: number): Promise<Record<string, Cost[]>> {
  const costs: Record<string, Cost[]> = Object.fromEntries(Object.keys(runs).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, parameters] of Object.entries(runs)) {
      progress(`${parameters.join(' ')}, round ${round + 1}`)
      costs[name]?.push(await measured<Cost>(parameters))
    }
  }
  progress('')
  return costs
}

const mid = (costs: readonly Cost[], of: keyof Cost): number => median(costs.map((cost) => cost[of]))
/** The median of one by the other, round by round. */
const ratio = (costs: readonly Cost[], others: readonly Cost[], of: keyof Cost): number =>
  median(costs.map((cost, round) => cost[of] / (others[round] as Cost)[of]))

/** A gibibyte thrown away: CPU, page faults, resident memory. */
export async function sinks(short: boolean): Promise<string> {
  const bytes = short ? gibibyte / 4 : gibibyte
  const rows: string[][] = []
  for (const side of ['accepted', 'connected']) {
    const hows = side === 'connected' ? ['data', 'pooled', 'bare'] : ['data', 'pooled']
    const {
      data = [],
      pooled = [],
      bare
    } = await inTurn(Object.fromEntries(hows.map((how) => [how, ['sink', how, side, String(bytes)]])), short ? 1 : 3)
    const scale = gibibyte / bytes
    const cpu = ratio(pooled, data, 'cpuMs')
    const faults = mid(pooled, 'faults') * scale
    const rss = ratio(pooled, data, 'rssMiB')
    const grown = [data, pooled].map((costs) => median(costs.map(({ rssMiB, baseMiB }) => rssMiB - baseMiB))) as [number, number]
    const most = nodeMajor >= 24 ? 0.25 : 0.35
    rows.push([
      side,
      ...[data, pooled].map((costs) => figure(mid(costs, 'cpuMs') * scale)),
      figure(cpu),
      verdict(cpu, { most }),
      bare === undefined ? '' : figure(ratio(bare, data, 'cpuMs')),
      figure(mid(data, 'faults') * scale),
      figure(faults),
      verdict(faults, { most: 1500 }),
      ...[data, pooled].map((costs) => figure(mid(costs, 'rssMiB'))),
      figure(rss),
      verdict(rss, { most: 0.5 }),
      ...grown.map(figure),
      figure(grown[1] / grown[0])
    ])
  }
  const head = [
    'sink, per GiB',
    'data, CPU ms',
    'pooled',
    '×',
    'bar',
    'one buffer, no pool, ×',
    'data, faults',
    'pooled',
    'bar',
    'data, RSS MiB',
    'pooled',
    '×',
    'bar'
  ]
  head.push('data, above its start', 'pooled', '×')
  return table(head, rows)
}

const allocators: Record<string, NodeJS.ProcessEnv> = {
  'tuned glibc': { MALLOC_TRIM_THRESHOLD_: '268435456', MALLOC_TOP_PAD_: '67108864', MALLOC_MMAP_THRESHOLD_: '268435456' },
  mimalloc: { LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/libmimalloc.so.2' },
  jemalloc: { LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/libjemalloc.so.2' }
}

/** What one would try instead: `data` events with another allocator. */
export async function otherAllocators(short: boolean): Promise<string> {
  const bytes = String(short ? gibibyte / 4 : gibibyte)
  const rows: string[][] = []
  const plain = { ...process.env }
  for (const [name, env] of Object.entries(allocators)) {
    if (env.LD_PRELOAD !== undefined && !existsSync(env.LD_PRELOAD)) {
      rows.push([name, 'not installed'])
      continue
    }
    const data: Cost[] = []
    const pooled: Cost[] = []
    for (let round = 0; round < (short ? 1 : 3); round++) {
      Object.assign(process.env, env)
      data.push(await measured<Cost>(['sink', 'data', 'accepted', bytes]))
      for (const key of Object.keys(env)) delete process.env[key]
      Object.assign(process.env, plain)
      pooled.push(await measured<Cost>(['sink', 'pooled', 'accepted', bytes]))
    }
    const scale = gibibyte / Number(bytes)
    const figures = [mid(data, 'cpuMs') * scale, mid(data, 'faults') * scale, mid(data, 'rssMiB'), ratio(pooled, data, 'cpuMs')]
    rows.push([name, ...figures.map(figure)])
  }
  return table(['`data` with another allocator, per GiB', 'CPU ms', 'faults', 'RSS MiB', 'pooled ×'], rows)
}

/** Bytes from one socket to another. */
export async function relays(short: boolean): Promise<string> {
  const bytes = short ? gibibyte / 4 : gibibyte
  const rows: string[][] = []
  for (const connections of [1, 64]) {
    const tail = [String(connections), String(bytes)]
    const { pipeline = [], pooled = [] } = await inTurn(
      { pipeline: ['relay', 'data', ...tail], pooled: ['relay', 'pooled', ...tail] },
      short ? 1 : 3
    )
    const scale = gibibyte / bytes
    const [cpu, rss] = [ratio(pooled, pipeline, 'cpuMs'), ratio(pooled, pipeline, 'rssMiB')]
    rows.push([
      String(connections),
      ...[pipeline, pooled].map((costs) => figure(mid(costs, 'cpuMs') * scale)),
      figure(cpu),
      verdict(cpu, { most: 0.5 }),
      ...[pipeline, pooled].map((costs) => figure(mid(costs, 'rssMiB'))),
      figure(rss),
      verdict(rss, { most: 0.5 })
    ])
  }
  return table(['relay, connections', 'pipeline, CPU ms per GiB', 'pooled', '×', 'bar', 'pipeline, RSS MiB', 'pooled', '×', 'bar'], rows)
}

/** Messages behind their length, by CPU time: what a busy server could take in. */
export async function framedMessages(short: boolean): Promise<string> {
  const columns: readonly (readonly [string, number, number, number])[] = [
    ['100 B', 100, gibibyte / 4, 1.5],
    ['16 KiB', 16_384, gibibyte, 1.5],
    ['1 MiB', 2 ** 20, gibibyte, 2]
  ]
  const rows: string[][] = []
  for (const [name, messageBytes, all, least] of columns) {
    const tail = [String(messageBytes), String(short ? all / 4 : all)]
    const {
      peer = [],
      hand = [],
      pooled = []
    } = await inTurn(
      { peer: ['messages', 'peer', ...tail], hand: ['messages', 'hand', ...tail], pooled: ['messages', 'pooled', ...tail] },
      short ? 1 : 3
    )
    const rate = ({ figure: messages, cpuMs }: Cost): number => messages / cpuMs
    const times = median(pooled.map((cost, round) => rate(cost) / Math.max(rate(peer[round] as Cost), rate(hand[round] as Cost))))
    const rates = [peer, hand, pooled].map((costs) => figure(median(costs.map(rate))))
    rows.push([name, ...rates, figure(times), verdict(times, { least })])
  }
  return table(['messages per ms of CPU', 'length-prefixed-stream', 'by hand', 'pooled', '× the better', 'bar'], rows)
}

/** Bodies of `node:http`, against the least that a server on leases could cost: see decision 0291. */
export async function httpBodies(short: boolean): Promise<string> {
  const bytes = gibibyte / (short ? 4 : 1)
  const rows: string[][] = []
  for (const bodyBytes of [256 * 1024, 1024 * 1024]) {
    const tail = [String(bodyBytes), String(bytes)]
    const { node = [], pooled = [] } = await inTurn({ node: ['http', 'node', ...tail], pooled: ['http', 'pooled', ...tail] }, short ? 1 : 3)
    const scale = gibibyte / bytes
    const cpu = ratio(pooled, node, 'cpuMs')
    rows.push([
      `${bodyBytes / 1024} KiB`,
      ...[node, pooled].map((costs) => figure(mid(costs, 'cpuMs') * scale)),
      figure(cpu),
      verdict(cpu, { most: 0.5 }),
      ...[node, pooled].map((costs) => figure(mid(costs, 'faults') * scale))
    ])
  }
  return table(['HTTP bodies, per GiB', 'node:http, CPU ms', 'bare, on leases', '×', 'bar', 'node:http, faults', 'bare'], rows)
}

/** Question and answer of 100 bytes on one connection: batches of them by turns to two servers, each a process of its own. */
export async function replies(short: boolean): Promise<string> {
  const rows: string[][] = []
  // A scheduler that is left to it puts one of the servers on the core of the asking process and the other beside it, which is worth a factor of three.
  for (const [where, cores] of [
    ['server and client on one core', [0, 0]],
    ['each on a core of its own', [0, 1]]
  ] as const) {
    rows.push([where, ...(await repliesOn(cores, short))])
  }
  return table(['round trips per second, 100 B', 'data and write', 'pooled', '×', 'bar', '× by the sum', 'CPU ×'], rows)
}

async function repliesOn([serverCore, clientCore]: readonly [number, number], short: boolean): Promise<string[]> {
  const servers = ['data', 'pooled'].map((how) => started('subject', ['answer', how], serverCore))
  const told = servers.map(({ stdout }) => createInterface(stdout)[Symbol.asyncIterator]())
  const next = (): Promise<number[]> => Promise.all(told.map(async (lines) => Number((await lines.next()).value)))
  const cpu = (): Promise<number[]> => {
    for (const { stdin } of servers) stdin.write('?')
    return next()
  }
  const ports = await next()
  const ask = async (batches: number, questions: number): Promise<number[][]> => {
    const load = started('load', ['ask', ports.join(','), batches, 100, questions], clientCore)
    return JSON.parse(String((await createInterface(load.stdout)[Symbol.asyncIterator]().next()).value)) as number[][]
  }
  const [batches, questions] = short ? [40, 200] : [400, 200]
  progress('replies, warm-up')
  await ask(10, 1000)
  const before = await cpu()
  progress('replies')
  const [plain = [], ours = []] = await ask(batches, questions)
  const spent = (await cpu()).map((now, at) => now - (before[at] as number)) as [number, number]
  for (const server of servers) server.kill()
  progress('')
  const times = median(ours.map((ms, batch) => (plain[batch] as number) / ms))
  const [plainMs, oursMs] = [plain, ours].map((all) => all.reduce((sum, ms) => sum + ms, 0)) as [number, number]
  const rates = [plain, ours].map((all) => figure((questions / median(all)) * 1000))
  return [...rates, times.toFixed(3), verdict(times, { least: 1 }), (plainMs / oursMs).toFixed(3), figure(spent[1] / spent[0])]
}

/** Connections that sent a message and nothing since. */
export async function idleConnections(short: boolean): Promise<string> {
  const count = String(short ? 1000 : 10_000)
  const { data = [], pooled = [] } = await inTurn({ data: ['idle', 'data', count], pooled: ['idle', 'pooled', count] }, short ? 1 : 3)
  const heap = ratio(pooled, data, 'figure')
  const most = mid(pooled, 'pooledBytes')
  const figures = [mid(data, 'figure'), mid(pooled, 'figure'), heap].map(figure)
  return table(
    [`${count} idle connections`, 'plain, heap bytes each', 'pooled', '×', 'bar', 'pooled memory each', 'bar'],
    [['', ...figures, verdict(heap, { most: 1.1 }), figure(most), verdict(most, { most: 2048 })]]
  )
}

/** Peers that send for ever to a handler that never reads, and peers that never read: whether memory stays where it is. */
export async function stuckPeers(short: boolean): Promise<string> {
  const [connections, seconds] = short ? [16, 4] : [64, 40]
  const rows: string[][] = []
  for (const [side, name] of [
    ['unread', 'peers that send for ever, a handler that never reads'],
    ['unsent', 'peers that never read, a handler that writes for ever']
  ] as const) {
    progress(name)
    const cost = await measured<Cost>(['stuck', side, String(connections), String(seconds)])
    const grown = Math.max(0, cost.figure)
    rows.push([name, figure(cost.pooledBytes / 1024), figure(cost.rssMiB - cost.baseMiB), figure(grown), verdict(grown, { most: 1 })])
  }
  progress('')
  const head = [
    `${connections} stuck connections, ${seconds} s`,
    'KiB of each',
    'MiB at the peak',
    'MiB more after a quarter of the time',
    'bar'
  ]
  return table(head, rows)
}
