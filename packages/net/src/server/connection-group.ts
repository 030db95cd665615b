import type { PoolHealth } from '@pool/core'
import type { Figure, FiguresSource } from '@pool/core/interfaces'
import * as check from '@pool/core/kit'
import type { ConnectionEvents } from '../connection-events.js'
import type { ConnectionGroupStats, ReadPath } from '../connection-stats.js'
import { figuresOfGroup, groupFamilies } from './group-figures.js'
import { GroupTally } from './group-tally.js'

/** The options of a {@link ConnectionGroup}. */
export interface ConnectionGroupOptions {
  /** The group's name in stats, errors and metrics. Default: `net-1`, `net-2`, … */
  readonly name?: string
  /** The most connections open at once. Default 10 000. */
  readonly maxConnections?: number
  /** Bytes that all of its connections together may have written and not sent. Default 64 MiB. */
  readonly maxUnsentBytes?: number
}

/** The properties of a connection that its group reads. */
export interface GroupMember {
  /** Bytes that arrived and were not read. */
  readonly readAheadBytes: number
  /** Whether the peer is held back. */
  readonly stopped: boolean
  /** Why it closed. */
  readonly error: unknown
}

/**
 * Connections that are bounded, counted and observed together: those of a server, of a client, of the whole process. Every group is known to
 * `liveFigures` of core from its making until it is collected, and so to exporters.
 */
export class ConnectionGroup implements FiguresSource {
  readonly #connections = new Set<GroupMember>()
  readonly #tally: GroupTally
  #peak = 0
  /** The group's name in stats, errors and metrics. */
  readonly name: string
  /** The kind of source, for exporters. */
  readonly kind = 'net'
  /** The families of figures that exporters show. */
  readonly families = groupFamilies
  /** The most connections open at once. */
  readonly maxConnections: number
  /** Bytes that all of its connections together may have written and not sent. */
  readonly maxUnsentBytes: number

  /**
   * A group without connections.
   * @throws `ERR_POOL_INVALID_OPTION`, naming the option
   */
  constructor(options: ConnectionGroupOptions = {}) {
    check.validOptions('options', options, ['name', 'maxConnections', 'maxUnsentBytes'])
    const { maxConnections = 10_000, maxUnsentBytes = 64 * 1024 * 1024 } = options
    this.maxConnections = check.validBound('maxConnections', maxConnections, 1, Number.MAX_SAFE_INTEGER)
    this.maxUnsentBytes = check.validBound('maxUnsentBytes', maxUnsentBytes, 1, Number.MAX_SAFE_INTEGER)
    this.name = check.nameOrDefault(options.name, 'net')
    this.#tally = new GroupTally(this.name)
    check.announceFigures(this)
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size
  }

  /** A snapshot, made on each call; the connections pay nothing for it. */
  stats(): ConnectionGroupStats {
    let readAheadBytes = 0
    let stopped = 0
    for (const connection of this.#connections) {
      readAheadBytes += connection.readAheadBytes
      if (connection.stopped) stopped++
    }
    const { name, maxConnections, maxUnsentBytes } = this
    const connections = this.#connections.size
    const tally = this.#tally
    return Object.freeze({
      name,
      connections,
      maxConnections,
      peakConnections: this.#peak,
      opened: tally.closed + connections,
      closed: tally.closed,
      failed: tally.failed,
      timedOut: tally.timedOut,
      refused: tally.refused,
      direct: tally.direct,
      copied: tally.copied,
      bytesRead: tally.bytesRead,
      reads: tally.reads,
      readAheadBytes,
      stopped,
      starving: tally.starving,
      stalls: tally.stalls,
      bytesWritten: tally.bytesWritten,
      writes: tally.writes,
      failedWrites: tally.failedWrites,
      unsentBytes: tally.unsentBytes,
      maxUnsentBytes
    })
  }

  /** The figures of this moment, for exporters. */
  figures(): readonly Figure[] {
    return figuresOfGroup(this.stats())
  }

  /** The health of the group. Warnings: states that deserve a look. Errors: states that keep connections from being served. */
  healthCheck(): PoolHealth {
    const { name, connections, maxConnections, starving, unsentBytes, maxUnsentBytes } = this.stats()
    const warnings: string[] = []
    const errors: string[] = []
    if (starving > 0) warnings.push(`group '${name}': ${starving} connections wait for memory of their pool.`)
    if (unsentBytes > maxUnsentBytes * 0.9) warnings.push(`group '${name}': ${unsentBytes} of ${maxUnsentBytes} bytes are unsent.`)
    if (connections >= maxConnections) errors.push(`group '${name}': all of its ${maxConnections} connections are open.`)
    else if (connections > maxConnections * 0.9) warnings.push(`group '${name}': ${connections} of ${maxConnections} connections are open.`)
    return check.healthOf(warnings, errors)
  }

  /**
   * Calls `listener` at each `event`, in the async context of the operation that caused the event.
   * @throws `ERR_POOL_INVALID_OPTION` when there is no such event, or `listener` is not a function
   */
  on<E extends keyof ConnectionEvents>(event: E, listener: (event: ConnectionEvents[E]) => void): this {
    this.#tally.events.on(event, listener)
    return this
  }

  /** Takes `listener` away again; does nothing when it is not there. */
  off<E extends keyof ConnectionEvents>(event: E, listener: (event: ConnectionEvents[E]) => void): this {
    this.#tally.events.off(event, listener)
    return this
  }

  /** Calls `listener` at the next `event` only. */
  once<E extends keyof ConnectionEvents>(event: E, listener: (event: ConnectionEvents[E]) => void): this {
    this.#tally.events.once(event, listener)
    return this
  }

  /** @internal */
  static tallyOf(group: ConnectionGroup): GroupTally {
    return group.#tally
  }

  /**
   * Whether a further connection is refused, which is counted.
   * @internal
   */
  static refuses(group: ConnectionGroup): boolean {
    if (group.#connections.size < group.maxConnections) return false
    group.#tally.refuse(group.#connections.size)
    return true
  }

  /** @internal */
  static admit(group: ConnectionGroup, connection: GroupMember, path: ReadPath): void {
    group.#connections.add(connection)
    group.#peak = Math.max(group.#peak, group.#connections.size)
    group.#tally[path]++
    const { open } = group.#tally.events.lines
    if (open.heard) open.emit({ group: group.name, path })
  }

  /** @internal */
  static dismiss(group: ConnectionGroup, connection: GroupMember): void {
    const { error } = connection
    const tally = group.#tally
    group.#connections.delete(connection)
    tally.closed++
    if (error !== undefined) tally.failed++
    const { close } = tally.events.lines
    if (close.heard) close.emit({ group: group.name, error })
  }
}

let shared: ConnectionGroup | undefined

/** The group of connections that were given none. */
export function defaultGroup(): ConnectionGroup {
  shared ??= new ConnectionGroup({ name: 'net' })
  return shared
}
