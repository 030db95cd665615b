import { BufferPool, SizeClassPool } from '@pool/core'
import { requestedSizesOf } from '@pool/core/kit'
import { expect, it } from 'vitest'

it('gives the histogram of a pool that has one, and of others none', () => {
  const sized = new SizeClassPool({ sizes: [64, 128] })
  sized.release(sized.acquire(100))
  expect(requestedSizesOf(sized)).toEqual(sized.requestedSizes())
  sized.destroy()
  expect(requestedSizesOf({ requestedSizes: 5 })).toBeUndefined()
  const { name, stats } = new BufferPool({ bufferSize: 64 })
  expect(requestedSizesOf({ name, stats })).toBeUndefined()
})
