import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { pipeline } from 'node:stream'
import { SizeClassPool } from '@pool/core'
import { createMessageDecoder, createMessageEncoder } from '@pool/stream'

const pool = new SizeClassPool({ clear: 'never', maxLiveBytes: 64 * 1024 * 1024 })

// Sends each message back. One that is too long is thrown away, with no memory taken for it.
const server = createServer((socket) => {
  const decoder = createMessageDecoder({ framing: 'varint', maxMessageBytes: 100_000, pool, onInvalid: 'skip' })
  decoder.on('messageError', (error) => console.log(error.code, error.offset))
  pipeline(socket, decoder, createMessageEncoder({ framing: 'varint' }), socket, () => {})
}).listen(0)
await once(server, 'listening')

const client = connect((server.address() as AddressInfo).port)
const encoder = createMessageEncoder({ framing: 'varint' })
encoder.pipe(client)
encoder.write(Buffer.from('short'))
encoder.write(Buffer.alloc(200_000))
encoder.end(Buffer.alloc(50_000))

for await (const message of client.pipe(createMessageDecoder({ framing: 'varint', pool }))) {
  console.log(message.buffer.length)
  message.release()
}
server.close()
console.log(pool.stats().inUse)
pool.destroy()
