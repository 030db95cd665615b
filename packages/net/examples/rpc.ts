import type { AddressInfo } from 'node:net'
import { connectPooled, createPooledServer, framed } from '@pool/net'

// Requests and replies are messages behind their length: { id, name } and { id, greeting } as JSON.
const server = createPooledServer({}, async (connection) => {
  const messages = framed(connection, { framing: 'u32be' })
  for await (const request of messages) {
    const { id, name } = JSON.parse(request.buffer.toString()) as { id: number; name: string }
    request.release()
    await messages.write(Buffer.from(JSON.stringify({ id, greeting: `hello ${name}` })))
  }
})
await server.listen({ port: 0 })

const connection = await connectPooled({ port: (server.address() as AddressInfo).port })
const messages = framed(connection, { framing: 'u32be' })
const replies = new Map<number, (greeting: string) => void>()
let nextId = 0

function greet(name: string): Promise<string> {
  const id = nextId++
  return new Promise((resolve) => {
    replies.set(id, resolve)
    void messages.write(Buffer.from(JSON.stringify({ id, name })))
  })
}

const receiving = (async () => {
  for await (const reply of messages) {
    const { id, greeting } = JSON.parse(reply.buffer.toString()) as { id: number; greeting: string }
    reply.release()
    replies.get(id)?.(greeting)
    replies.delete(id)
  }
})()

console.log(await Promise.all(['Ada', 'Grace'].map(greet)))
await connection.end()
await receiving
await connection.close()
await server.close()
