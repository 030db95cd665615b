import { SizeClassPool } from '@pool/core'
import { serializeJson } from '@pool/stream'

const pool = new SizeClassPool()

const large = serializeJson({ text: 'x'.repeat(5000) }, { pool })
console.log(large?.buffer.length, pool.stats().inUse)

// Up to 1 KiB memory is not pooled; it is released all the same.
const small = serializeJson({ ok: true }, { pool })
console.log(small?.buffer.toString(), pool.stats().inUse)

large?.release()
small?.release()
console.log(pool.stats().inUse)
pool.destroy()
