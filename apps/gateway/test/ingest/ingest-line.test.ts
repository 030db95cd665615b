import { PoolError } from '@pool/core'
import { MessageError } from '@pool/stream'
import { describe, expect, test } from 'vitest'
import { errorLine } from '../../src/ingest/ingest-line.js'

describe('errorLine', () => {
  test('tells of an error of the gateway that there was one, and nothing of it', () => {
    const error = new MessageError('ERR_POOL_HANDLER_FAILED', 'secret', 7, 3, { cause: new TypeError('secret') })
    expect(errorLine(2, error)).toEqual({ index: 2, offset: 7, error: { code: 'internal', message: 'the gateway failed' } })
    expect(JSON.stringify(errorLine(2, 'secret'))).not.toContain('secret')
  })

  test('tells the code of a pool, whether a message met it or the stream', () => {
    const cause = new PoolError('ERR_POOL_EXHAUSTED', 'pool scratch')
    const line = { index: 0, error: { code: 'ERR_POOL_EXHAUSTED', message: expect.stringContaining('send it again') } }
    expect(errorLine(0, new MessageError('ERR_POOL_HANDLER_FAILED', '', 7, 3, { cause }))).toEqual({ ...line, offset: 7 })
    expect(errorLine(0, cause)).toEqual(line)
  })
})
