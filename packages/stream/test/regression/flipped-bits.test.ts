import { SizeClassPool } from '@pool/core'
import { MessageReassembler } from '@pool/stream'
import { expect, it } from 'vitest'
import { fragmentsOf, patterned } from '../support/fragments.js'

it.each([[100], [1000]])('takes no fragment with a flipped bit for one of another message, of %i bytes', (bytes) => {
  const pool = new SizeClassPool()
  const message = patterned(bytes)
  const fragments = fragmentsOf(message, { maxFragmentBytes: 400 })
  const reassembler = new MessageReassembler({ pool })
  let flips = 0
  for (const fragment of fragments) {
    for (let bit = 0; bit < 28 * 8; bit++) {
      const flipped = Buffer.from(fragment)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => reassembler.add(flipped)).toThrow(expect.objectContaining({ code: 'ERR_POOL_FRAGMENT_INVALID' }))
      flips++
    }
  }
  expect(reassembler.stats()).toMatchObject({ malformed: flips, partialMessages: 0, messages: 0 })
  const whole = fragments.map((fragment) => reassembler.add(fragment)).find((lease) => lease !== undefined)
  expect(whole?.buffer.equals(message)).toBe(true)
  whole?.release()
  reassembler.close()
})
