import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'

/** A message of PostgreSQL's protocol, version 3: a letter, the length, the contents. */
function message(letter: string, ...contents: Buffer[]): Buffer {
  const body = Buffer.concat(contents)
  const head = Buffer.from(`${letter}0000`)
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function numbers(bits: 16 | 32, ...values: number[]): Buffer {
  const bytes = Buffer.alloc((bits / 8) * values.length)
  for (const [at, value] of values.entries()) bits === 16 ? bytes.writeInt16BE(value, at * 2) : bytes.writeInt32BE(value, at * 4)
  return bytes
}

const ready = message('Z', Buffer.from('I'))

/** Answers each query of a PostgreSQL client with the same recorded rows of one text column. */
export async function startRowsServer(rowCount: number, rowBytes: number): Promise<{ server: Server; port: number }> {
  const column = Buffer.concat([
    Buffer.from('payload\0'),
    numbers(32, 0),
    numbers(16, 0),
    numbers(32, 25),
    numbers(16, -1),
    numbers(32, -1),
    numbers(16, 0)
  ])
  const row = message('D', numbers(16, 1), numbers(32, rowBytes), Buffer.alloc(rowBytes, 'r'))
  const answer = Buffer.concat([
    message('T', numbers(16, 1), column),
    ...Array.from({ length: rowCount }, () => row),
    message('C', Buffer.from(`SELECT ${rowCount}\0`)),
    ready
  ])
  const server = createServer((socket) => {
    let begun = false
    socket.on('error', () => {})
    socket.on('data', (data) => {
      if (!begun) {
        begun = true
        socket.write(Buffer.concat([message('R', numbers(32, 0)), ready]))
      } else if (data[0] === 'Q'.charCodeAt(0)) socket.write(answer)
      else socket.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}
