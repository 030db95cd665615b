import { table } from '@pool/bench-kit/table'
import type { Comparison, LoadFigures, Side } from './comparison.js'
import type { VerdictScore } from './verdict-score.js'

/** All that the demo found, as tables for a terminal. */
export function describeComparisons(comparisons: readonly Comparison[]): string {
  const parts = comparisons.flatMap(({ loadNames, sides }) => [
    describeScore((sides[0] as Side).verdicts),
    ...loadNames.map((name, index) => (wasSent(sides, index) ? `Load: ${name}\n\n${loadTable(sides, index)}` : '')),
    ...sides.map((side) => `Pools, ${side.pooling}\n\n${poolTable(side)}`)
  ])
  return parts.filter((part) => part !== '').join('\n\n')
}

/** How samples were judged, in a table for each label. */
export function describeScore(verdicts: VerdictScore): string {
  const titles = {
    attack: 'attacks found',
    ordinary: 'ordinary requests flagged',
    lookalike: 'look-alikes flagged (no proof of innocence: another rule may well fire)'
  } as const
  const tables = (['attack', 'ordinary', 'lookalike'] as const).map((label) => {
    const rows = verdicts
      .of(label)
      .map(({ kind, requests, threats, sameKind }) => [
        ...[kind, count(requests), count(threats), percent(threats, requests)],
        ...(label === 'ordinary' ? [] : [percent(sameKind, requests)])
      ])
    const head = ['kind', 'requests', label === 'attack' ? 'found' : 'flagged', '%']
    if (label !== 'ordinary') head.push('% as its own kind')
    return rows.length === 0 ? '' : `Verdicts: ${titles[label]}\n\n${table(head, rows)}`
  })
  return tables.filter((part) => part !== '').join('\n\n')
}

/** The faults of a run, in sentences; none when all is well. */
export function findProblems({ loadNames, sides }: Comparison): readonly string[] {
  const [pooled, unpooled] = sides as [Side, Side]
  const problems = sides.flatMap(({ pooling, unanswered, loads, pools, exitCode }) => {
    const failed = loads.reduce((sum, load) => sum + failedOf(load), 0)
    const statuses = [...new Set(loads.flatMap(({ failures }) => [...failures.keys()]))].map((status) => status || 'none')
    const out = Object.values(pools).reduce((sum, pool) => sum + pool.outstanding, 0)
    return [
      unanswered > 0 && `${pooling}: ${unanswered} samples got no verdict`,
      failed > 0 && `${pooling}: ${failed} requests were not answered 200, but ${statuses.join(', ')}`,
      out > 0 && `${pooling}: ${out} buffers are still out`,
      exitCode !== 0 && `${pooling}: the gateway ended with ${exitCode}`
    ]
  })
  const differences = pooled.verdicts.differences(unpooled.verdicts)
  problems.push(differences > 0 && `${differences} samples were judged otherwise without pooling`)
  for (const [index, name] of loadNames.entries()) {
    const [ours, theirs] = [pooled.loads[index], unpooled.loads[index]]
    const isSame = ours?.requests !== theirs?.requests || ours?.threats === theirs?.threats
    problems.push(!isSame && `${name}: not judged alike without pooling`)
  }
  return problems.filter((problem) => problem !== false)
}

/** Sums up the result in a sentence or two. */
export function conclusion(comparisons: readonly Comparison[]): string {
  const attacks = comparisons[0]?.sides[0]?.verdicts.of('attack').at(-1)
  const found = attacks === undefined ? '' : `The gateway found ${attacks.threats} of ${attacks.requests} attacks. `
  const costs = comparisons.flatMap(({ loadNames, sides }) =>
    loadNames.flatMap((name, index) => {
      if (!wasSent(sides, index)) return []
      const [ours, theirs] = sides.map(({ loads }) => (loads[index] as LoadFigures).cpuMs / (loads[index] as LoadFigures).requests)
      const change = Math.round(((ours as number) / (theirs as number) - 1) * 100)
      return [`${Math.abs(change)} % ${change < 0 ? 'less' : 'more'} CPU for ${name}`]
    })
  )
  if (costs.length === 0) return `${found}There was no time to compare.`
  return `${found}With pools it took ${costs.join(', ')} than with plain allocations, and never held more than its bound.`
}

/** Whether each gateway got a part of a load before the time was up. */
function wasSent(sides: readonly Side[], index: number): boolean {
  return sides.every(({ loads }) => (loads[index]?.requests ?? 0) > 0)
}

function failedOf({ failures }: LoadFigures): number {
  return [...failures.values()].reduce((sum, replies) => sum + replies, 0)
}

function loadTable(sides: readonly Side[], index: number): string {
  const loads = sides.map((side) => side.loads[index] as LoadFigures)
  const each = (figure: number, { requests }: LoadFigures) => figure / requests
  const hasLatency = loads.every(({ latency }) => latency.count > 0)
  const latency = (name: string, figure: (load: LoadFigures) => number) =>
    [`latency ${name}, ms`, (load: LoadFigures) => (figure(load) / 1e6).toFixed(2)] as const
  const rows: readonly (readonly [string, (load: LoadFigures) => string])[] = [
    ['number', (load) => count(load.requests)],
    ['not answered 200', (load) => count(failedOf(load))],
    ['found to be threats', (load) => count(load.threats)],
    ['body, KiB each', (load) => each(load.bytes / 1024, load).toFixed(1)],
    ['a second', (load) => count((load.requests * 1000) / load.elapsedMs)],
    ...(hasLatency ? [50, 95, 99].map((rank) => latency(`p${rank}`, (load) => load.latency.percentile(rank))) : []),
    ...(hasLatency ? [latency('max', (load) => load.latency.max)] : []),
    ['server CPU, µs each', (load) => count(each(load.cpuMs * 1000, load))],
    ['page faults each', (load) => each(load.pageFaults, load).toFixed(2)],
    ['collections', (load) => count(load.garbage.count)],
    ['of them major', (load) => count(load.garbage.majorCount)],
    ['GC time, ms', (load) => load.garbage.totalMs.toFixed(1)],
    ['GC time, % of wall', (load) => percent(load.garbage.totalMs, load.elapsedMs)],
    ['longest GC so far, ms', (load) => load.garbage.longestMs.toFixed(1)],
    ['peak RSS so far, MiB', (load) => mebibytes(load.maxRss)]
  ]
  return table(
    ['', ...sides.map(({ pooling }) => pooling)],
    rows.map(([name, show]) => [name, ...loads.map(show)])
  )
}

function poolTable(side: Side): string {
  const rows = Object.values(side.pools).map((pool) => [
    ...[pool.name, count(pool.acquisitions), `${percent(pool.hitRatio, 1)} %`, mebibytes(pool.bytesAllocated)],
    ...[mebibytes(pool.bytesReused), count(pool.peakInUse), mebibytes(pool.liveBytes), count(pool.exhaustions)],
    ...[count(pool.leaked), count(pool.outstanding)]
  ])
  const head = ['pool', 'acquired', 'hits', 'MiB allocated', 'MiB reused', 'peak out', 'MiB alive', 'ran out', 'leaked', 'still out']
  return table(head, rows)
}

function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ')
}

function percent(part: number, whole: number): string {
  return ((part * 100) / whole).toFixed(1)
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
