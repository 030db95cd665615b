import { readFileSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { mapLimit } from '../../src/backing/lock-limit.js'
import { SecureBufferPool } from '../../src/index.js'
import { fills, hasSodium } from '../backings.js'
import { noLockLimit, runLimited } from '../locked/run-limited.js'

const code = (code: string) => expect.objectContaining({ code })
const onLinux = process.platform === 'linux'

function lockedBytes(): number {
  return Number(/^VmLck:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
}

function maps(): number {
  return readFileSync('/proc/self/maps', 'latin1').trimEnd().split('\n').length
}

/** The maps that guarded slabs take, as libsodium lays them: a read-only page, a guard page, the slab, a guard page. */
function mapsOfSlabs(): number {
  const lines = readFileSync('/proc/self/maps', 'latin1').trimEnd().split('\n')
  const shapes = lines.map((line) => {
    const [, from = '', to = '', access] = /^(\w+)-(\w+) (\S+)/.exec(line) ?? []
    return `${access} ${(Number.parseInt(to, 16) - Number.parseInt(from, 16)) / 1024}`
  })
  const isSlab = (at: number) => shapes.slice(at, at + 3).join() === 'r--p 4,---p 4,rw-p 16' && shapes[at + 3]?.startsWith('---p')
  return 4 * shapes.filter((_, at) => isSlab(at)).length
}

/** Until what was freed is gone from the kernel's books. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn()
}

const what = hasSodium ? 'guarded memory' : 'guarded memory (skipped: sodium-native does not load here)'
describe.skipIf(!hasSodium)(what, () => {
  it.skipIf(!onLinux)(
    'holds 1 000 secrets of 32 bytes in 64 KiB of locked memory and 16 maps, in either mode, and tells so truly',
    async () => {
      for (const fill of fills) {
        // What others freed may still be locked for some turns.
        await expect.poll(lockedBytes).toBe(0)
        const pool = new SecureBufferPool({ backing: 'sodium', fill })
        const secrets = Array.from({ length: 1000 }, () => pool.acquire(32))
        const capabilities = pool.capabilities()
        expect(capabilities).toMatchObject({ backend: 'sodium', locked: true, guarded: true, reason: null })
        expect(capabilities.lockedBytes).toBeLessThanOrEqual(65_536)
        expect(lockedBytes()).toBe(capabilities.lockedBytes)
        expect(mapsOfSlabs()).toBe(4 * (capabilities.lockedBytes / 16_384))
        expect(mapsOfSlabs()).toBeLessThanOrEqual(16)
        for (const secret of secrets) pool.release(secret)
        pool.destroy()
        await expect.poll(lockedBytes).toBe(0)
        expect(pool.capabilities().lockedBytes).toBe(0)
      }
    }
  )

  it('survives 100 000 cycles in one turn, also of secrets that are never kept', () => {
    const pool = new SecureBufferPool({ backing: 'sodium', maxClassBytes: 1024 })
    for (let index = 0; index < 100_000; index++) pool.release(pool.acquire(32))
    for (let index = 0; index < 100_000; index++) pool.release(pool.acquire(1025))
    for (let index = 0; index < 100_000; index++) pool.release(pool.acquire(20_000))
    expect(pool.stats()).toMatchObject({ acquisitions: 300_000, inUse: 0 })
    pool.destroy()
  })

  it("refuses with ERR_POOL_EXHAUSTED before the kernel's maps run out, and recovers", { timeout: 60_000 }, async () => {
    const pool = new SecureBufferPool({ backing: 'sodium', maxClassBytes: 32, maxLiveBytes: 2 ** 31 })
    const secrets: Buffer[] = []
    // Each of these has pages of its own.
    expect(() => {
      while (secrets.length < 20_000) secrets.push(pool.acquire(9000))
    }).toThrow(code('ERR_POOL_EXHAUSTED'))
    expect(secrets.length).toBeGreaterThan(1000)
    if (onLinux) expect(maps()).toBeLessThan(mapLimit() * 0.6)
    for (const secret of secrets.splice(0)) pool.release(secret)
    // What was freed counts until it is really gone, so this turn has no more to give than it had.
    await settle()
    pool.release(pool.acquire(9000))
    pool.destroy()
  })

  it('frees slabs in which nothing is left, wiped, and keeps a few at hand', () => {
    const pool = new SecureBufferPool({ backing: 'sodium' })
    const secrets = Array.from({ length: 5000 }, () => pool.acquire(32))
    const most = pool.capabilities().lockedBytes
    for (const secret of secrets) pool.release(secret)
    pool.trim()
    expect(pool.capabilities().lockedBytes).toBe(0)
    expect(most).toBeGreaterThan(0)
    expect(pool.capabilities()).toMatchObject({ locked: true, reason: null })
    const again = pool.acquire(32)
    expect(again.length).toBe(32)
    pool.release(again)
    pool.destroy()
  })

  it('closes a slab in which no secret is in use to any access, where asked', () => {
    const pool = new SecureBufferPool({ backing: 'sodium', protectIdle: true })
    const closed = () => readFileSync('/proc/self/smaps', 'latin1').match(/^[0-9a-f-]+ ---p[^\n]*\nSize: +16 kB/gm)?.length ?? 0
    const [first, second] = [pool.acquire(32), pool.acquire(32)]
    const open = onLinux ? closed() : 0
    pool.release(first)
    if (onLinux) expect(closed()).toBe(open)
    pool.release(second)
    if (onLinux) expect(closed()).toBe(open + 1)
    const again = pool.acquire(32)
    again.fill(1)
    if (onLinux) expect(closed()).toBe(open)
    pool.release(again)
    pool.destroy()
  })

  it('hands out nothing of a slab any more in which somebody may still write', () => {
    const pool = new SecureBufferPool({ backing: 'sodium' })
    const leases = Array.from({ length: 20 }, () => pool.lease(32))
    const memory = leases[0]?.buffer.buffer
    for (const lease of leases.splice(10)) lease.release()
    leases.shift()?.discard()
    const others = Array.from({ length: 500 }, () => pool.lease(32))
    for (const { buffer } of others) expect(buffer.buffer).not.toBe(memory)
    expect(leases.every(({ buffer }) => buffer.length === 32)).toBe(true)
    for (const lease of [...leases, ...others]) lease.release()
    pool.destroy()
  })

  it('requires locked memory and has it', () => {
    const pool = new SecureBufferPool({ require: 'locked' })
    expect(pool.capabilities()).toMatchObject({ backend: 'sodium', locked: true })
    pool.destroy()
  })

  const why = noLockLimit === undefined ? '' : ` (skipped: ${noLockLimit})`
  describe.skipIf(noLockLimit !== undefined)(`under a memlock limit${why}`, () => {
    it('of 64 KiB tells truly what is locked, and throws ERR_POOL_SECURE_UNLOCKED where locking is required', {
      timeout: 60_000
    }, async () => {
      const { thousand, beyond, required } = await runLimited(64)
      expect(thousand).toMatchObject({ backend: 'sodium', locked: true, lockLimitBytes: 65_536, reason: null })
      expect(thousand.lockedBytes).toBe(thousand.kernelLockedBytes)
      expect(beyond).toMatchObject({ locked: false, guarded: true, lockedBytes: 65_536, lockLimitBytes: 65_536 })
      expect(beyond.lockedBytes).toBe(beyond.kernelLockedBytes)
      expect(beyond.reason).toContain('65536')
      expect(required.code).toBe('ERR_POOL_SECURE_UNLOCKED')
      expect(required.message).toContain('65536')
      expect(required.message).not.toContain('password')
      expect(required.figuresBefore).toEqual(required.figuresAfter)
      expect(required.intact).toBe(true)
    })

    it('of nothing works on unlocked memory and says so, or throws at once where locking is required', { timeout: 60_000 }, async () => {
      const { thousand, required } = await runLimited(0)
      expect(thousand).toMatchObject({ backend: 'sodium', locked: false, guarded: true, lockedBytes: 0, lockLimitBytes: 0 })
      expect(required).toMatchObject({ code: 'ERR_POOL_SECURE_UNLOCKED', held: 0 })
    })
  })
})
