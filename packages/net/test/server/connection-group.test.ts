import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { liveFigures, readFigures } from '@pool/core/kit'
import { describe, expect, it } from 'vitest'
import { ConnectionGroup } from '../../src/index.js'
import { testPool, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

describe('ConnectionGroup', () => {
  it('counts what its connections do', async () => {
    const group = new ConnectionGroup({ name: 'edge' })
    const { connection, peer } = await twoEnds({ group })
    peer.resume().write('12345')
    await until(() => connection.readAheadBytes === 5)
    expect(group.stats()).toMatchObject({ name: 'edge', connections: 1, direct: 1, copied: 0, bytesRead: 5, reads: 1, readAheadBytes: 5 })
    await connection.write(Buffer.alloc(7))
    connection.destroy()
    await connection.closed
    expect(group.stats()).toMatchObject({ connections: 0, peakConnections: 1, opened: 1, closed: 1, failed: 0, bytesWritten: 7, writes: 1 })
    expect(group.stats()).toMatchObject({ readAheadBytes: 0, unsentBytes: 0, stopped: 0, starving: 0 })
  })

  it('shows each of its figures to exporters, by the families that it declares', async () => {
    const group = new ConnectionGroup({ name: 'shown', maxConnections: 5 })
    expect([...liveFigures.sources()]).toContain(group)
    const { connection, peer } = await twoEnds({ group })
    peer.resume().write('12345')
    await until(() => connection.readAheadBytes === 5)
    const figures = readFigures(group)
    const figureOf = (name: string, path?: string) =>
      figures.find(({ family, labels }) => family.name === name && labels.path === path)?.value
    expect([figureOf('connections'), figureOf('connections_limit'), figureOf('read'), figureOf('read_ahead')]).toEqual([1, 5, 5, 5])
    expect([figureOf('connections_opened', 'direct'), figureOf('connections_opened', 'copied')]).toEqual([1, 0])
    expect(new Set(figures.map(({ family }) => family.name))).toEqual(new Set(group.families.map(({ name }) => name)))
    const unbounded = readFigures(new ConnectionGroup({ maxConnections: Number.POSITIVE_INFINITY }))
    expect(unbounded.map(({ family }) => family.name)).not.toContain('connections_limit')
  })

  it('warns of a bound that is near', async () => {
    const group = new ConnectionGroup({ maxUnsentBytes: 1000 })
    const { connection, peer } = await twoEnds({ group })
    expect(group.healthCheck()).toEqual({ healthy: true, warnings: [], errors: [] })
    peer.pause()
    void connection.write(Buffer.alloc(16_000_000))
    expect(group.healthCheck().warnings).toHaveLength(1)
  })

  it('emits what happens to its connections, on itself and on the diagnostics channels', async () => {
    const group = new ConnectionGroup({ name: 'told', maxConnections: 1 })
    const heard: unknown[][] = []
    const note = (name: string) => (event: unknown) => heard.push([name, event])
    const onClose = note('close')
    group.on('open', note('open')).on('close', onClose).once('refuse', note('refuse'))
    const subscriber = (event: unknown) => (event as { group: string }).group === 'told' && note('channel')(event)
    subscribe('@pool/net:close', subscriber)
    const { connection } = await twoEnds({ group })
    await expect(twoEnds({ group })).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_LIMIT' })
    await expect(twoEnds({ group })).rejects.toMatchObject({ code: 'ERR_POOL_CONNECTION_LIMIT' })
    const error = new Error('gone')
    connection.destroy(error)
    await connection.closed
    unsubscribe('@pool/net:close', subscriber)
    expect(heard).toEqual([
      ['open', { group: 'told', path: 'direct' }],
      ['refuse', { group: 'told', connections: 1 }],
      ['close', { group: 'told', error }],
      ['channel', { group: 'told', error }]
    ])
    group.off('close', onClose)
    expect(() => group.on('closed' as never, onClose)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    expect(() => group.on('close', undefined as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
  })

  it('emits when a connection has to wait for memory, and when it goes on', async () => {
    const group = new ConnectionGroup()
    const heard: string[] = []
    group.on('stall', ({ starving }) => heard.push(`stall ${starving}`)).on('resume', ({ starving }) => heard.push(`resume ${starving}`))
    const pool = testPool(65_536)
    const held = pool.lease(65_536)
    const { peer, connection } = await twoEnds({ group, pool })
    peer.write('abc')
    await until(() => heard.length === 1)
    held.release()
    await until(() => heard.length === 2)
    expect(heard).toEqual(['stall 1', 'resume 0'])
    expect(connection.tryRead(3)?.buffer.toString()).toBe('abc')
  })

  it('validates its options', () => {
    for (const options of [{ name: '' }, { maxConnections: 0 }, { maxUnsentBytes: -1 }, { limit: 1 }, null]) {
      expect(() => new ConnectionGroup(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }))
    }
  })
})
