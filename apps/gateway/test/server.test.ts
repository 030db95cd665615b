import { livePools } from '@pool/core'
import { expect, test } from 'vitest'
import { startUnderTest } from './gateway-under-test.js'

const names = () => [...livePools.sources()].map(({ name }) => name)

test('a gateway that can’t listen destroys its pools', async () => {
  const first = await startUnderTest({ DEMO_USER: 'on' })
  const before = names()
  expect(before).toContain('passwords')
  await expect(startUnderTest({ DEMO_USER: 'on', PORT: String(first.port) })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(names()).toEqual(before)
  await first.close()
  expect(names()).toEqual([])
})

test('a gateway whose users can’t be read makes no pool', async () => {
  await expect(startUnderTest({ USERS_FILE: '/nowhere' })).rejects.toMatchObject({ problems: [expect.stringContaining('USERS_FILE')] })
  expect(names()).toEqual([])
})
