import { createServer, type Server } from 'node:net'

/** A server that speaks as much of PostgreSQL's protocol as one client needs, and answers each query with the same recorded rows. */
export function recordedDatabase(rows: number, bytesPerRow: number): Server {
  const ready = message('Z', Buffer.from('I'))
  const hello = Buffer.concat([message('R', int32(0)), message('S', Buffer.from('client_encoding\0UTF8\0')), ready])
  // One column of type bytea, in binary: name, table, column, type, size, modifier, format.
  const column = Buffer.concat([Buffer.from('content\0'), int32(0), int16(0), int32(17), int16(-1), int32(-1), int16(0)])
  const content = Buffer.from(`\\x${'ab'.repeat(bytesPerRow / 2)}`)
  const row = message('D', Buffer.concat([int16(1), int32(content.length), content]))
  const answer = Buffer.concat([
    message('T', Buffer.concat([int16(1), column])),
    ...Array.from({ length: rows }, () => row),
    message('C', Buffer.from(`SELECT ${rows}\0`)),
    ready
  ])
  return createServer((socket) => {
    let begun = false
    socket.on('data', (chunk) => {
      if (!begun) {
        begun = true
        socket.write(hello)
      } else if (chunk[0] === 0x51) socket.write(answer)
    })
    socket.on('error', () => socket.destroy())
  })
}

function message(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
