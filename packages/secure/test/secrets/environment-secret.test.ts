import { randomBytes } from 'node:crypto'
import { isPoolError } from '@pool/core'
import { afterEach, describe, expect, it } from 'vitest'
import { SecureBufferPool, takeEnvironmentSecret } from '../../src/index.js'
import { noScan, requireScript } from '../memory-scan/run-script.js'

const pool = new SecureBufferPool({ backing: 'heap' })
const variable = 'POOL_SECURE_TEST_SECRET'

afterEach(() => {
  delete process.env[variable]
})

describe('takeEnvironmentSecret', () => {
  it('moves a variable that was assigned later out of the environment', () => {
    process.env[variable] = 'pässword'
    const lease = takeEnvironmentSecret(pool, variable)
    expect(lease?.buffer.equals(Buffer.from('pässword'))).toBe(true)
    expect(variable in process.env).toBe(false)
    lease?.release()
  })

  it('gives nothing for a variable that is not there', () => {
    expect(takeEnvironmentSecret(pool, variable)).toBeUndefined()
  })

  it('refuses an empty variable with ERR_POOL_SECURE_EMPTY and leaves it', () => {
    process.env[variable] = ''
    expect(() => takeEnvironmentSecret(pool, variable)).toThrow(expect.objectContaining({ code: 'ERR_POOL_SECURE_EMPTY' }))
    expect(process.env[variable]).toBe('')
  })

  it('leaves the variable when the pool has nothing for it, and names nothing of it', () => {
    const tiny = new SecureBufferPool({ backing: 'heap', maxClassBytes: 32, oversize: 'refuse' })
    process.env[variable] = 'a-secret-of-more-than-thirty-two-bytes'
    try {
      takeEnvironmentSecret(tiny, variable)
      expect.unreachable()
    } catch (error) {
      expect(isPoolError(error, 'ERR_POOL_TOO_LARGE')).toBe(true)
      expect(String(error)).not.toContain('thirty')
    }
    expect(process.env[variable]).toBe('a-secret-of-more-than-thirty-two-bytes')
    tiny.destroy()
  })

  const why = noScan === undefined ? '' : ` (skipped: ${noScan})`
  it.skipIf(noScan !== undefined)(`moves a variable of the start without making a copy anywhere in memory${why}`, async () => {
    const secret = randomBytes(16).toString('hex')
    const mask = randomBytes(32)
    const masked = Buffer.from(mask.map((byte, index) => byte ^ secret.charCodeAt(index)))
    const { stdout, stderr } = await requireScript(
      new URL('../memory-scan/environment.ts', import.meta.url),
      { SECRET_OF_TEST: secret },
      mask.toString('hex'),
      masked.toString('hex')
    )
    expect(stdout, stderr).not.toBe('')
    const { before, taken, released, length, blanked, left } = JSON.parse(stdout)
    expect({ length, blanked, left }).toEqual({ length: 32, blanked: true, left: false })
    // The loader of TypeScript reads every variable for itself, and the collector may take its copies at any time; what counts is that
    // none is added, and that the lease's is taken away.
    expect(taken).toBeLessThanOrEqual(before)
    expect(released).toBeLessThan(taken)
  })

  it('takes nothing that every object inherits for a variable', () => {
    for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
      expect(takeEnvironmentSecret(pool, name)).toBeUndefined()
    }
  })
})
