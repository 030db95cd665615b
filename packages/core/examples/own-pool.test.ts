import { UnpooledPool } from '@pool/core'
import { bufferSourceContract } from '@pool/core/testing'
import { test } from 'vitest'

// Any pool of your own that implements BufferSource and StatsSource.
class MyPool extends UnpooledPool {}

for (const { title, run } of bufferSourceContract(({ maxBuffers }) => new MyPool({ maxSize: maxBuffers }))) {
  test(title, run)
}
