import { layTable } from '../lay-table.js'
import type { Comparison, LoadFigures, Side } from './comparison.js'
import type { Sample } from './samples.js'
import type { StreamSide } from './stream-comparison.js'
import type { KindScore } from './verdict-score.js'

/** All that the demo found, as tables for a terminal. */
export function describeComparison(comparison: Comparison): string {
  const [first] = comparison.sides
  if (first === undefined) return ''
  const parts = [
    heading('Verdicts: attacks found', scoreTable(first, 'attack', 'found')),
    heading('Verdicts: ordinary requests flagged', scoreTable(first, 'ordinary', 'flagged')),
    heading('Verdicts: look-alikes flagged (no proof of innocence: another rule may well fire)', scoreTable(first, 'lookalike', 'flagged')),
    ...comparison.loadNames.map((name, index) => heading(`Load: ${name}`, loadTable(comparison.sides, index))),
    heading('Messages over TCP (INGEST_PORT)', streamTable(comparison.streams)),
    ...comparison.sides.map((side) => heading(`Pools, ${side.pooling}`, poolTable(side)))
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

/** The faults of a run, in sentences; none when all is well. */
export function findProblems({ sides, streams }: Comparison): readonly string[] {
  const [first, second] = sides
  const problems = sides.flatMap((side) => {
    const failed = side.loads.reduce((sum, load) => sum + failedOf(load), 0)
    const statuses = [...new Set(side.loads.flatMap((load) => [...load.failures.keys()]))].map((status) => status || 'none')
    const out = Object.values(side.pools).reduce((sum, pool) => sum + pool.outstanding, 0)
    return [
      ...(side.unanswered > 0 ? [`${side.pooling}: ${side.unanswered} samples got no verdict`] : []),
      ...(failed > 0 ? [`${side.pooling}: ${failed} requests were not answered 200, but ${statuses.join(', ')}`] : []),
      ...(out > 0 ? [`${side.pooling}: ${out} buffers are still out`] : []),
      ...(side.exitCode !== 0 ? [`${side.pooling}: the gateway ended with ${side.exitCode}`] : [])
    ]
  })
  const differences = first === undefined || second === undefined ? 0 : first.verdicts.differences(second.verdicts)
  if (differences > 0) problems.push(`${differences} samples were judged otherwise without pooling`)
  for (const { pooling, outstanding, exitCode } of streams) {
    if (outstanding > 0) problems.push(`${pooling}: ${outstanding} buffers are still out after the streams`)
    if (exitCode !== 0) problems.push(`${pooling}: the gateway of the streams ended with ${exitCode}`)
  }
  const [ours, theirs] = streams
  if (ours?.messages !== theirs?.messages || ours?.threats !== theirs?.threats) {
    problems.push('the messages of the streams were judged otherwise without pooling')
  }
  return problems
}

/** Sums up the result in a sentence or two. */
export function conclusion({ sides, loadNames }: Comparison): string {
  const [pooled, unpooled] = sides
  if (pooled === undefined || unpooled === undefined) return ''
  const attacks = pooled.verdicts.of('attack')
  const [threats, all] = [attacks.reduce((sum, one) => sum + one.threats, 0), attacks.reduce((sum, one) => sum + one.requests, 0)]
  const found = all === 0 ? '' : `The gateway found ${threats} of ${all} attacks. `
  const costs = loadNames.map((name, index) => {
    const [ours, theirs] = [pooled, unpooled].map(({ loads }) => (loads[index]?.cpuMs ?? 0) / (loads[index]?.requests || 1))
    const change = Math.round(((ours ?? 0) / (theirs || 1) - 1) * 100)
    return `${Math.abs(change)} % ${change < 0 ? 'less' : 'more'} CPU per request (${name})`
  })
  return `${found}With pools it took ${costs.join(' and ')} than with plain allocations, and never held more than its bound.`
}

function failedOf({ failures }: LoadFigures): number {
  return [...failures.values()].reduce((sum, count) => sum + count, 0)
}

function heading(title: string, table: string): string {
  return table === '' ? '' : `${title}\n\n${table}`
}

function scoreTable(side: Side, label: Sample['label'], verb: string): string {
  const scores = side.verdicts.of(label)
  if (scores.length === 0) return ''
  const sum = (figure: 'requests' | 'threats' | 'sameKind') => scores.reduce((total, score) => total + score[figure], 0)
  const all = { kind: 'all', requests: sum('requests'), threats: sum('threats'), sameKind: sum('sameKind') }
  const isAttack = label === 'attack'
  const row = ({ kind, requests, threats, sameKind }: Omit<KindScore, 'label'>) => [
    ...[kind, count(requests), count(threats), percent(threats, requests)],
    ...(isAttack ? [percent(sameKind, requests)] : [])
  ]
  return layTable(['kind', 'requests', verb, '%', ...(isAttack ? ['% as its own kind'] : [])], [...scores, all].map(row))
}

function loadTable(sides: readonly Side[], index: number): string {
  const rows: [string, (load: LoadFigures) => string][] = [
    ['requests', (load) => count(load.requests)],
    ['not answered 200', (load) => count(failedOf(load))],
    ['body, KiB each', (load) => (load.bytes / 1024 / load.requests).toFixed(1)],
    ['requests/s', (load) => count((load.requests * 1000) / load.elapsedMs)],
    ['latency p50, ms', (load) => milliseconds(load.latency.percentile(50))],
    ['latency p95, ms', (load) => milliseconds(load.latency.percentile(95))],
    ['latency p99, ms', (load) => milliseconds(load.latency.percentile(99))],
    ['latency max, ms', (load) => milliseconds(load.latency.max)],
    ['server CPU, µs each', (load) => count((load.cpuMs * 1000) / load.requests)],
    ['collections', (load) => count(load.garbage.count)],
    ['of them major', (load) => count(load.garbage.majorCount)],
    ['GC time, ms', (load) => load.garbage.totalMs.toFixed(1)],
    ['GC time, % of wall', (load) => ((load.garbage.totalMs * 100) / load.elapsedMs).toFixed(2)],
    ['longest GC so far, ms', (load) => load.garbage.longestMs.toFixed(1)],
    ['peak RSS so far, MiB', (load) => (load.maxRss / 2 ** 20).toFixed(1)]
  ]
  const loads = sides.map((side) => side.loads[index] as LoadFigures)
  if (loads.some((load) => load.requests === 0)) return ''
  return layTable(
    ['', ...sides.map(({ pooling }) => pooling)],
    rows.map(([name, show]) => [name, ...loads.map(show)])
  )
}

function streamTable(streams: readonly StreamSide[]): string {
  if (streams.length === 0) return ''
  const perGiB = (figure: number, { bytes }: StreamSide): string => count((figure * 2 ** 30) / bytes)
  const rows: readonly (readonly [string, (side: StreamSide) => string])[] = [
    ['messages', (side) => count(side.messages)],
    ['of them threats', (side) => count(side.threats)],
    ['MiB', (side) => mebibytes(side.bytes)],
    ['server CPU, ms per GiB', (side) => perGiB(side.cpuMs, side)],
    ['page faults per GiB', (side) => perGiB(side.pageFaults, side)],
    ['peak RSS, MiB', (side) => mebibytes(side.maxRss)]
  ]
  return layTable(
    ['', ...streams.map(({ pooling }) => pooling)],
    rows.map(([name, show]) => [name, ...streams.map(show)])
  )
}

function poolTable(side: Side): string {
  const rows = Object.values(side.pools).map((pool) => [
    ...[pool.name, count(pool.acquisitions), `${(pool.hitRatio * 100).toFixed(2)} %`, mebibytes(pool.bytesAllocated)],
    ...[mebibytes(pool.bytesReused), count(pool.peakInUse), mebibytes(pool.liveBytes), count(pool.exhaustions)],
    ...[count(pool.leaked), count(pool.outstanding)]
  ])
  const head = ['pool', 'acquired', 'hits', 'MiB allocated', 'MiB reused', 'peak out', 'MiB alive', 'ran out', 'leaked', 'still out']
  return layTable(head, rows)
}

function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ')
}

function percent(part: number, whole: number): string {
  return ((part * 100) / whole).toFixed(1)
}

function milliseconds(nanoseconds: number): string {
  return (nanoseconds / 1e6).toFixed(2)
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
