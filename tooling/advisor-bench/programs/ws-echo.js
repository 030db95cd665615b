import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { served } from './served.js'

const server = createServer()
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket.on('message', (message) => socket.send(message))
})

served(server)
