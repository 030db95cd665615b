import { SecureBufferPool, timingSafeEqual } from '@pool/secure'
import { afterAll, expect, test, vi } from 'vitest'
import { PasswordCheck } from '../../src/login/password-check.js'
import { deriveHash, parseHash, type ScryptHash } from '../../src/login/scrypt-hash.js'
import { CHEAP, userLine } from './users-under-test.js'

vi.mock('@pool/secure', async (original) => {
  const real = await original<typeof import('@pool/secure')>()
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) }
})

const pool = new SecureBufferPool({ name: 'check' })

afterAll(() => pool.destroy())

function secret(text: string) {
  const lease = pool.lease(Buffer.byteLength(text))
  lease.buffer.write(text)
  return lease
}

const usersOf = async (...costs: (typeof CHEAP)[]) =>
  new Map(
    await Promise.all(
      costs.map(async (cost, index) => {
        const line = await userLine('', 'right', cost)
        return [`user-${index}`, parseHash(line.slice(1)) as ScryptHash] as const
      })
    )
  )

test('refuses with 503 when too many are being tried, and goes on afterwards', async () => {
  const check = new PasswordCheck(await usersOf(CHEAP))
  const leases = Array.from({ length: 40 }, () => secret('right'))
  const results = await Promise.allSettled(leases.map((lease) => check.isRight('user-0', lease)))
  const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
  expect(refused).toHaveLength(8)
  for (const reason of refused) expect(reason).toMatchObject({ status: 503, type: 'login.busy' })
  expect(await check.isRight('user-0', leases[0] as (typeof leases)[number])).toBe(true)
  for (const lease of leases) lease.release()
})

test.each(['user-0', 'nobody'])('compares all of the hash in constant time, and wipes what it derived, for %s', async (user) => {
  const check = new PasswordCheck(await usersOf(CHEAP))
  const lease = secret('wrong')
  const compare = vi.mocked(timingSafeEqual).mockClear()
  expect(await check.isRight(user, lease)).toBe(false)
  lease.release()
  expect(compare).toHaveBeenCalledTimes(1)
  const [derived, stored] = (compare.mock.calls[0] ?? []) as Buffer[]
  expect([derived?.length, stored?.length]).toEqual([32, 32])
  expect(derived?.equals(Buffer.alloc(32))).toBe(true)
  expect(stored?.equals(Buffer.alloc(32))).toBe(false)
})

test('lets nobody in whom it does not know, with any password, at the cost of the dearest user', async () => {
  const dear = { ln: 14, r: 8, p: 2 }
  const check = new PasswordCheck(await usersOf(CHEAP, dear, CHEAP))
  const lease = secret('right')
  expect(await check.isRight('nobody', lease)).toBe(false)
  // CPU of the whole process, which derives nothing else: no clock of the wall, and far apart: 32 times as much.
  const cpuOf = async (work: () => Promise<unknown>) => {
    const before = process.cpuUsage()
    await work()
    return process.cpuUsage(before).user
  }
  const cheap = await cpuOf(() => deriveHash(lease.buffer, Buffer.alloc(16), 32, CHEAP))
  expect(await cpuOf(() => check.isRight('nobody', lease))).toBeGreaterThan(4 * cheap)
  lease.release()
})
