import { BufferPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'

const pool = new BufferPool({ name: 'rows' })

async function handle(fails: boolean): Promise<void> {
  const buffer = pool.acquire()
  if (fails) return // forgets the buffer
  pool.release(buffer)
}

await expectNoLeaks(() => handle(false))
await expectNoLeaks(() => handle(true)).catch((error) => {
  console.log(error.code)
})
pool.destroy()
