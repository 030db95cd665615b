import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * The other end of a measurement, in a process of its own: it sends, takes in, or asks and waits, on sockets of Node's, and costs the same whatever
 * is measured.
 */
const [role = '', portText = '0', connectionsText = '1', unitBytesText = '65536', totalText = '0'] = process.argv.slice(2)
const ports = portText.split(',').map(Number)
const [port, connections, unitBytes, total] = [ports[0], connectionsText, unitBytesText, totalText].map(Number) as [
  number,
  number,
  number,
  number
]

/** Sends `total` bytes and ends. */
function send(socket: Socket, unit: Buffer, bytes: number): void {
  let left = bytes
  const go = (): void => {
    while (left > 0) {
      left -= unit.length
      if (!socket.write(unit)) {
        socket.once('drain', go)
        return
      }
    }
    socket.end()
  }
  go()
}

/** Asks so many questions, each once the one before was answered; gives how many ms that took. */
function ask(socket: Socket, question: Buffer, times: number): Promise<number> {
  return new Promise((resolve) => {
    const began = performance.now()
    let came = 0
    let rounds = 0
    const answered = (chunk: Buffer): void => {
      came += chunk.length
      if (came < question.length) return
      came -= question.length
      if (++rounds < times) socket.write(question)
      else {
        socket.off('data', answered)
        resolve(performance.now() - began)
      }
    }
    socket.on('data', answered)
    socket.write(question)
  })
}

function unitOf(bytes: number): Buffer {
  if (role !== 'frames' && role !== 'varints') return Buffer.alloc(Math.max(bytes, 256 * 1024), 7)
  const prefix = role === 'frames' ? Buffer.alloc(4) : varint(bytes)
  if (role === 'frames') prefix.writeUInt32BE(bytes)
  const frame = Buffer.concat([prefix, Buffer.alloc(bytes, 7)])
  return Buffer.concat(Array.from({ length: Math.max(1, Math.round(2 ** 20 / frame.length)) }, () => frame))
}

function varint(value: number): Buffer {
  const groups: number[] = []
  let rest = value
  for (; rest > 127; rest >>= 7) groups.push((rest & 127) | 128)
  return Buffer.from([...groups, rest])
}

async function run(): Promise<void> {
  if (role === 'discard') {
    const server = createServer((socket) => socket.resume().on('error', () => {})).listen(0, '127.0.0.1')
    await once(server, 'listening')
    console.log((server.address() as AddressInfo).port)
  } else if (role === 'source') {
    const unit = unitOf(unitBytes)
    const server = createServer((socket) =>
      send(
        socket.on('error', () => {}),
        unit,
        total
      )
    ).listen(0, '127.0.0.1')
    await once(server, 'listening')
    console.log((server.address() as AddressInfo).port)
  } else if (role === 'ask') {
    const ends = ports.map((one) => connect({ port: one, host: '127.0.0.1', noDelay: true }))
    const batches: number[][] = ends.map(() => [])
    for (let batch = 0; batch < connections; batch++) {
      for (let turn = 0; turn < ends.length; turn++) {
        // By turns in either order, so that neither is always the first.
        const at = batch % 2 === 0 ? turn : ends.length - 1 - turn
        batches[at]?.push(await ask(ends[at] as Socket, Buffer.alloc(unitBytes, 7), total))
      }
    }
    console.log(JSON.stringify(batches))
    for (const end of ends) end.end()
  } else if (role === 'post') {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const post = Buffer.concat([
      Buffer.from(
        `POST /any HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ncontent-length: ${unitBytes}\r\n\r\n`
      ),
      Buffer.alloc(unitBytes, 7)
    ])
    let left = total
    let answer = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk
      if (!answer.endsWith('\r\n\r\n')) return
      answer = ''
      left -= unitBytes
      if (left > 0) socket.write(post)
      else socket.end()
    })
    socket.write(post)
    await once(socket, 'close')
  } else if (role === 'mute') {
    for (let index = 0; index < connections; index++) connect({ port, host: '127.0.0.1' }).on('error', () => {})
    // A socket that reads nothing does not keep a process alive.
    setInterval(() => {}, 1000)
  } else if (role === 'idle') {
    const sockets = Array.from({ length: connections }, () => connect({ port, host: '127.0.0.1' }))
    for (const socket of sockets) {
      await (socket.connecting ? once(socket, 'connect') : undefined)
      socket.on('error', () => {})
      socket.write(Buffer.alloc(unitBytes, 7))
    }
  } else {
    const unit = unitOf(unitBytes)
    for (let index = 0; index < connections; index++) {
      const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
      void once(socket, 'connect').then(() => send(socket.resume(), unit, total / connections))
    }
  }
}

await run()
