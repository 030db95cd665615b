import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { WebSocket } from 'ws'

/** Puts this many operations to a program that listens on `port`. */
export type Load = (port: number, operations: number) => Promise<void>

const concurrency = 8
const agent = new Agent({ keepAlive: true, maxSockets: concurrency })

/** Requests of this body, and the whole answer read. */
export function httpLoad(body?: Buffer, headers: Record<string, string> = {}): Load {
  return (port, operations) =>
    inTurns(operations, async () => {
      const sent = request({ host: '127.0.0.1', port, agent, method: body === undefined ? 'GET' : 'POST', headers })
      sent.end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      if (response.statusCode !== 200) throw new Error(`the program answered ${response.statusCode}`)
      response.resume()
      await once(response, 'end')
    })
}

/** A multipart form with one file. */
export function uploadLoad(bytes: number): Load {
  const boundary = 'part-of-the-form'
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\nContent-Type: application/octet-stream\r\n\r\n`
  const body = Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 7), Buffer.from(`\r\n--${boundary}--\r\n`)])
  return httpLoad(body, { 'content-type': `multipart/form-data; boundary=${boundary}` })
}

/** Bytes over TCP, read back; each operation is one message. */
export function echoLoad(bytes: number): Load {
  const message = Buffer.alloc(bytes, 7)
  return async (port, operations) => {
    const sockets = Array.from({ length: concurrency }, () => connect(port, '127.0.0.1'))
    let left = operations
    await Promise.all(
      sockets.map(async (socket) => {
        await once(socket, 'connect')
        while (left-- > 0) {
          socket.write(message)
          let missing = bytes
          while (missing > 0) missing -= ((await once(socket, 'data')) as [Buffer])[0].length
        }
        socket.destroy()
      })
    )
  }
}

/** Messages over WebSockets, sent back whole. */
export function webSocketLoad(bytes: number): Load {
  const message = Buffer.alloc(bytes, 7)
  return async (port, operations) => {
    const sockets = Array.from({ length: concurrency }, () => new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false }))
    let left = operations
    await Promise.all(
      sockets.map(async (socket) => {
        await once(socket, 'open')
        while (left-- > 0) {
          socket.send(message)
          await once(socket, 'message')
        }
        socket.terminate()
      })
    )
  }
}

async function inTurns(operations: number, operation: () => Promise<void>): Promise<void> {
  let left = operations
  const turn = async (): Promise<void> => {
    while (left-- > 0) await operation()
  }
  await Promise.all(Array.from({ length: concurrency }, turn))
}
