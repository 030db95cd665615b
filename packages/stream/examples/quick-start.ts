import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createMessageEncoder, MessageStreamProcessor } from '@pool/stream'

const words = ['all', 'messages', 'arrive', 'whole'].map((word) => Buffer.from(word))

const processor = new MessageStreamProcessor({
  concurrency: 4,
  ordered: true,
  timeoutMs: 1000,
  // The message is yours until this settles; copy what you keep.
  handler: async (message) => message.toString().toUpperCase()
})
processor.on('result', (word) => console.log(word))
processor.on('messageError', (error) => console.error(error.code, error.offset))

// In the place of the encoder: a socket, a request, a file.
await pipeline(Readable.from(words), createMessageEncoder({ framing: 'u32be' }), processor)
console.log(processor.stats().processed)
