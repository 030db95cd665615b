import { createServer } from 'node:http'

// An ES module that makes buffers all the time, and answers as long as it lives.
const { alloc } = Buffer
setInterval(function makesBuffers() {
  for (let made = 0; made < 10; made++) Buffer.alloc(300_000)
}, 5)
createServer().listen(0, '127.0.0.1', () => process.send({ begun: true }))
process.on('message', () => process.send({ restored: Buffer.alloc === alloc }))
