import type { Figure, FigureFamily } from '@pool/core/interfaces'
import type { ConnectionGroupStats } from '../connection-stats.js'

const connection = { unit: 'connection' } as const
const bytes = { unit: 'bytes' } as const
const gauge = { type: 'gauge' } as const
const counter = { type: 'counter' } as const

/** The families of a group's figures, for exporters. */
export const groupFamilies: readonly FigureFamily[] = [
  { ...gauge, ...connection, name: 'connections', help: 'Connections open now.' },
  { ...gauge, ...connection, name: 'connections_limit', help: 'The most connections that may be open at once.' },
  { ...counter, ...connection, name: 'connections_opened', help: 'Connections opened, by the path on which their bytes get into leases.' },
  { ...counter, ...connection, name: 'connections_closed', help: 'Connections closed.' },
  { ...counter, ...connection, name: 'connections_failed', help: 'Connections closed by an error.' },
  { ...counter, ...connection, name: 'connections_timed_out', help: 'Connections closed because they were idle for too long.' },
  { ...counter, ...connection, name: 'connections_refused', help: 'Connections refused because as many as may be were open.' },
  { ...counter, ...bytes, name: 'read', help: 'Bytes that arrived.' },
  { ...counter, unit: 'read', name: 'reads', help: 'Reads of the system that brought them.' },
  { ...gauge, ...bytes, name: 'read_ahead', help: 'Bytes that arrived and were not read, now.' },
  { ...gauge, ...connection, name: 'connections_stopped', help: 'Connections that hold their peer back, now.' },
  { ...gauge, ...connection, name: 'connections_starving', help: 'Connections that wait for memory of their pool, now.' },
  { ...counter, unit: 'stall', name: 'stalls', help: 'Times that a connection had to wait for memory.' },
  { ...counter, ...bytes, name: 'written', help: 'Bytes that were sent.' },
  { ...counter, unit: 'write', name: 'writes', help: 'Writes that were sent.' },
  { ...counter, unit: 'write', name: 'writes_failed', help: 'Writes that failed; the memory of their leases was withdrawn.' },
  { ...gauge, ...bytes, name: 'unsent', help: 'Bytes that were written and not sent, now.' },
  { ...gauge, ...bytes, name: 'unsent_limit', help: 'The most bytes that may be written and not sent at once.' }
]

/** The figures of a group at one moment, in the order of {@link groupFamilies}. */
export function figuresOfGroup(stats: ConnectionGroupStats): Figure[] {
  const { direct, copied, maxConnections, maxUnsentBytes } = stats
  const figures: Figure[] = [
    { family: 'connections', value: stats.connections },
    { family: 'connections_opened', value: direct, labels: { path: 'direct' } },
    { family: 'connections_opened', value: copied, labels: { path: 'copied' } },
    { family: 'connections_closed', value: stats.closed },
    { family: 'connections_failed', value: stats.failed },
    { family: 'connections_timed_out', value: stats.timedOut },
    { family: 'connections_refused', value: stats.refused },
    { family: 'read', value: stats.bytesRead },
    { family: 'reads', value: stats.reads },
    { family: 'read_ahead', value: stats.readAheadBytes },
    { family: 'connections_stopped', value: stats.stopped },
    { family: 'connections_starving', value: stats.starving },
    { family: 'stalls', value: stats.stalls },
    { family: 'written', value: stats.bytesWritten },
    { family: 'writes', value: stats.writes },
    { family: 'writes_failed', value: stats.failedWrites },
    { family: 'unsent', value: stats.unsentBytes }
  ]
  // A limit that is not set has no figure: Infinity is none.
  if (maxConnections !== Number.POSITIVE_INFINITY) figures.push({ family: 'connections_limit', value: maxConnections })
  if (maxUnsentBytes !== Number.POSITIVE_INFINITY) figures.push({ family: 'unsent_limit', value: maxUnsentBytes })
  return figures
}
