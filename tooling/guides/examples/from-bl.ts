import { SizeClassPool } from '@pool/core'
import { PooledBufferList } from '@pool/stream'

const pool = new SizeClassPool({ name: 'lists' })

// Was: const list = new BufferList()
const list = new PooledBufferList({ pool, maxBytes: 1024 * 1024 })
list.append('HTTP/1.1 200 OK\r\n').append(Buffer.from('content-length: 0\r\n\r\n'))
console.log(list.length, list.indexOf('\r\n'), list.toString('utf8', 9, 12))
list.consume(17)
console.log(list.toString())

// New: the list gives its memory back.
list.close()
console.log(pool.stats().inUse)
pool.destroy()
