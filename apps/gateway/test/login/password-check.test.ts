import { SecureBufferPool, timingSafeEqual } from '@pool/secure'
import { afterAll, expect, test, vi } from 'vitest'
import { PasswordCheck } from '../../src/login/password-check.js'
import { deriveHash, parseHash, type ScryptHash } from '../../src/login/scrypt-hash.js'
import { CHEAP, userLine } from './users-under-test.js'

vi.mock('@pool/secure', async (original) => {
  const real = await original<typeof import('@pool/secure')>()
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) }
})

vi.mock('../../src/login/scrypt-hash.js', async (original) => {
  const real = await original<typeof import('../../src/login/scrypt-hash.js')>()
  return { ...real, deriveHash: vi.fn(real.deriveHash) }
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

/** Tries `count` passwords at once, and returns the codes of those that were refused. */
async function refusals(check: PasswordCheck, count: number, who: (index: number) => [user: string, address: string]): Promise<string[]> {
  const leases = Array.from({ length: count }, () => secret('wrong'))
  const results = await Promise.allSettled(
    leases.map((lease, index) => {
      const [user, address] = who(index)
      return check.isRight(user, lease, address)
    })
  )
  for (const lease of leases) lease.release()
  return results.flatMap((result) => (result.status === 'rejected' ? [`${result.reason.status} ${result.reason.type}`] : []))
}

test('refuses at once what is too many: for a user, from an address, in all; and goes on afterwards', async () => {
  const check = new PasswordCheck(await usersOf(CHEAP))
  expect(await refusals(check, 10, (index) => ['user-0', `address-${index}`])).toEqual(Array(2).fill('429 login.too.many'))
  expect(await refusals(check, 20, (index) => [`user-${index}`, 'here'])).toEqual(Array(4).fill('429 login.too.many'))
  expect(await refusals(check, 40, (index) => [`user-${index}`, `address-${index}`])).toEqual(Array(8).fill('503 login.busy'))
  expect(await refusals(check, 8, () => ['user-0', 'here'])).toEqual([])
  const lease = secret('right')
  expect(await check.isRight('user-0', lease, 'here')).toBe(true)
  lease.release()
})

test('takes half of the threads of Node at most, however many tries there are', async () => {
  const check = new PasswordCheck(await usersOf(CHEAP))
  const { deriveHash: derive } = await vi.importActual<typeof import('../../src/login/scrypt-hash.js')>('../../src/login/scrypt-hash.js')
  let [running, most] = [0, 0]
  vi.mocked(deriveHash).mockImplementation(async (...parameters) => {
    running += 1
    most = Math.max(most, running)
    return derive(...parameters).finally(() => {
      running -= 1
    })
  })
  expect(await refusals(check, 30, (index) => [`user-${index % 5}`, `address-${index % 3}`])).toEqual([])
  expect([running, most]).toEqual([0, 2])
})

test('counts a try no longer when it fails', async () => {
  const check = new PasswordCheck(await usersOf(CHEAP))
  const lease = secret('right')
  lease.release()
  for (let tries = 0; tries < 40; tries += 1) {
    await expect(check.isRight('user-0', lease, 'here')).rejects.toMatchObject({ code: 'ERR_POOL_LEASE_RELEASED' })
  }
})

test.each(['user-0', 'nobody'])('compares all of the hash in constant time, and wipes what it derived, for %s', async (user) => {
  const check = new PasswordCheck(await usersOf(CHEAP))
  const lease = secret('wrong')
  const compare = vi.mocked(timingSafeEqual).mockClear()
  expect(await check.isRight(user, lease, 'here')).toBe(false)
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
  expect(await check.isRight('nobody', lease, 'here')).toBe(false)
  // CPU of the whole process, which derives nothing else: no clock of the wall, and far apart: 32 times as much.
  const cpuOf = async (work: () => Promise<unknown>) => {
    const before = process.cpuUsage()
    await work()
    return process.cpuUsage(before).user
  }
  const cheap = await cpuOf(() => deriveHash(lease.buffer, Buffer.alloc(16), 32, CHEAP))
  expect(await cpuOf(() => check.isRight('nobody', lease, 'here'))).toBeGreaterThan(4 * cheap)
  lease.release()
})
