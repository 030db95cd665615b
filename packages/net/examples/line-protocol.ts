import type { AddressInfo } from 'node:net'
import { connectPooled, createPooledServer } from '@pool/net'

const server = createPooledServer({ maxMessageBytes: 1000 }, async (connection) => {
  for (;;) {
    // At once where the line is there; a line of more than 1000 bytes destroys the connection.
    const line = connection.tryReadUntil(10) ?? (await connection.readUntil(10))
    if (line === undefined) return
    const [word = '', ...rest] = line.buffer.toString('latin1').trimEnd().split(' ')
    line.release()
    if (word === 'QUIT') return
    await connection.write(Buffer.from(word === 'ECHO' ? `+${rest.join(' ')}\n` : '-unknown\n'))
  }
})
await server.listen({ port: 0 })

const client = await connectPooled({ port: (server.address() as AddressInfo).port })
await client.write(Buffer.from('ECHO one two\nWHAT\nQUIT\n'))
for (let line = await client.readUntil(10); line !== undefined; line = await client.readUntil(10)) {
  console.log(line.buffer.toString().trimEnd())
  line.release()
}
await client.close()
await server.close()
