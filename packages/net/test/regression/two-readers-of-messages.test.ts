import { describe, expect, it } from 'vitest'
import { framed } from '../../src/index.js'
import { taken, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

const prefixes = { u32be: (bytes: number) => `\0\0\0${String.fromCharCode(bytes)}`, varint: (bytes: number) => String.fromCharCode(bytes) }

describe.each(['u32be', 'varint'] as const)('two framed() of one connection, %s', (framing) => {
  const prefix = prefixes[framing]

  it('read on in a message that the other has begun', async () => {
    const { connection, peer } = await twoEnds()
    const [one, two] = [framed(connection, { framing }), framed(connection, { framing })]
    const begun = `${prefix(10)}abc`
    peer.write(begun, 'latin1')
    await until(() => connection.readAheadBytes === begun.length)
    // It takes the length, and has to wait for the message.
    expect(one.tryRead()).toBeUndefined()
    const waiting = two.read()
    peer.write(`defghij${prefix(2)}xy`, 'latin1')
    expect(taken(await waiting)).toBe('abcdefghij')
    expect(taken(await one.read())).toBe('xy')
  })

  it('refuse a begun message that is longer than theirs may be', async () => {
    const { connection, peer } = await twoEnds()
    const [one, two] = [framed(connection, { framing }), framed(connection, { framing, maxMessageBytes: 5 })]
    peer.write(prefix(10), 'latin1')
    await until(() => connection.readAheadBytes > 0)
    expect(one.tryRead()).toBeUndefined()
    expect(() => two.tryRead()).toThrow(expect.objectContaining({ code: 'ERR_POOL_MESSAGE_TOO_LARGE' }))
    peer.write('abcdefghij')
    expect(taken(await one.read())).toBe('abcdefghij')
  })

  it('begin at the next message when the connection itself read the begun one', async () => {
    const { connection, peer } = await twoEnds()
    const messages = framed(connection, { framing })
    peer.write(prefix(10), 'latin1')
    await until(() => connection.readAheadBytes > 0)
    expect(messages.tryRead()).toBeUndefined()
    peer.write(`abcdefghij${prefix(2)}xy`, 'latin1')
    expect(await connection.skip(10)).toBe(10)
    expect(taken(await messages.read())).toBe('xy')
  })
})

it('a message that is begun by its length is read whole where lines are read next', async () => {
  const { connection, peer } = await twoEnds()
  peer.write('\0\0\0\x04ab', 'latin1')
  await until(() => connection.readAheadBytes === 6)
  expect(framed(connection).tryRead()).toBeUndefined()
  const lines = framed(connection, { framing: 'newline' })
  peer.write('\ncline\n')
  expect(taken(await lines.read())).toBe('ab\nc')
  expect(taken(await lines.read())).toBe('line')
})
