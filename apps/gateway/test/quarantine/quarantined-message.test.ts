import { describe, expect, test } from 'vitest'
import { parseQuarantined, quarantineHead } from '../../src/quarantine/quarantined-message.js'

const verdict = { index: 3, offset: 70, bytes: 4, verdict: 'threat', findings: [] } as const

describe('a message with its verdict', () => {
  test('is the same when it is taken apart, whatever its bytes', () => {
    const message = Buffer.from([0, 255, 123, 10])
    const parsed = parseQuarantined(Buffer.concat([quarantineHead(verdict), message]))
    expect(parsed?.verdict).toEqual(verdict)
    expect(parsed?.message).toEqual(message)
  })

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['less than a length', Buffer.from([0, 0, 1])],
    ['a length beyond the end', Buffer.from([0, 0, 0, 9, 123])],
    ['a verdict that is not JSON', Buffer.from([0, 0, 0, 1, 123])],
    ['JSON that is not a verdict', Buffer.concat([Buffer.from([0, 0, 0, 4]), Buffer.from('null')])]
  ])('is not taken out of %s', (_what, bytes) => {
    expect(parseQuarantined(bytes)).toBeUndefined()
  })
})
