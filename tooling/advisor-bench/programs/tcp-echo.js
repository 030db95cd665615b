import { createServer } from 'node:net'
import { createPooledServer } from '@pool/net'
import { pool, ready, served } from './served.js'

if (pool) {
  const server = createPooledServer({ pool }, (connection) => connection.consume((lease) => connection.send(lease)))
  await server.listen({ port: 0, host: '127.0.0.1' })
  ready(server.address().port)
} else served(createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket)))
