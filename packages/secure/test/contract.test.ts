import { bufferSourceContract } from '@pool/core/testing'
import { describe, it } from 'vitest'
import { expectWarnings } from '../../../tooling/vitest-config/src/expected-warnings.js'
import { SecureBufferPool, type SecureBufferPoolOptions } from '../src/index.js'
import { backings, fills, hasSodium } from './backings.js'

expectWarnings('ERR_POOL_LEAK')

const variants: readonly (readonly [string, SecureBufferPoolOptions])[] = [
  ['', {}],
  [', in debug mode', { debug: 'poison' }],
  [', keeping nothing', { maxIdleBytes: 0 }],
  [', closing idle memory', { protectIdle: true }]
]

for (const backing of backings) {
  for (const fill of fills) {
    for (const [title, options] of variants) {
      describe(`SecureBufferPool on ${backing}, ${fill}${title}, keeps the contract`, () => {
        for (const { title, run } of bufferSourceContract(
          ({ maxBuffers }) => new SecureBufferPool({ maxSecrets: maxBuffers, backing, fill, ...options })
        )) {
          it(title, run)
        }
      })
    }
  }
}

describe('SecureBufferPool keeps the contract by bytes', () => {
  for (const { title, run } of bufferSourceContract(
    ({ bytes, maxBuffers }) => new SecureBufferPool({ maxLiveBytes: maxBuffers * bytes, oversize: 'refuse' })
  )) {
    it(title, run)
  }
})

if (!hasSodium) {
  describe.skip('SecureBufferPool on sodium, which does not load on this platform', () => {
    it('keeps the contract', () => {})
  })
}
