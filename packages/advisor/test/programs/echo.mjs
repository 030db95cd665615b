import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => process.send(server.address().port))
server.on('connection', (socket) => socket.on('message', (message) => socket.send(message)))
process.on('message', () => process.exit())
