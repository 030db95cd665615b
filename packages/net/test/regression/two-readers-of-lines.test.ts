import { expect, it } from 'vitest'
import { framed } from '../../src/index.js'
import { taken, twoEnds } from '../support/two-ends.js'
import { until } from '../support/until.js'

it('ends each line at its newline when another reader has read the part that was searched before', async () => {
  const { connection, peer } = await twoEnds()
  const [one, two] = [framed(connection, { framing: 'newline' }), framed(connection, { framing: 'newline' })]
  peer.write('abc')
  await until(() => connection.readAheadBytes === 3)
  expect(one.tryRead()).toBeUndefined()
  peer.write('d\nx\ny\nz')
  await until(() => connection.readAheadBytes === 10)
  expect(taken(two.tryRead())).toBe('abcd')
  expect(taken(one.tryRead())).toBe('x')
  expect(taken(one.tryRead())).toBe('y')
  expect(one.tryRead()).toBeUndefined()
  expect(taken(connection.tryRead(1))).toBe('z')
  peer.write('\n')
  await until(() => connection.readAheadBytes === 1)
  expect(taken(one.tryRead())).toBe('')
})
