import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { landsNothing } from '../../src/resp/reply.js'
import { ReplyParser } from '../../src/resp/reply-parser.js'

/** Answers one command with bytes of the protocol, `undefined` for not at all. It may do with the socket what it likes. */
export type Answering = (command: readonly string[], socket: Socket) => string | undefined

/** A server that speaks the protocol and answers what a test tells it to: for faults that a real Redis does not have. */
export interface ScriptedRedis {
  readonly url: string
  /** Every command of every connection, in order. */
  readonly commands: string[][]
  readonly sockets: Set<Socket>
  answer: Answering
}

export const welcome = '%2\r\n+mode\r\n+standalone\r\n+id\r\n:7\r\n'

/** Answers the handshake as Redis does, and nothing else. */
export const handshakeOnly: Answering = ([command, argument]) => {
  if (command === 'HELLO') return welcome
  if (command === 'CLIENT') return argument === 'ID' ? ':7\r\n' : '+OK\r\n'
  if (command === 'PING') return '+PONG\r\n'
  return command === 'SELECT' || command === 'AUTH' ? '+OK\r\n' : undefined
}

export async function scriptedRedis(answer: Answering = handshakeOnly): Promise<ScriptedRedis> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const redis: ScriptedRedis = {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    commands: [],
    sockets: new Set(),
    answer
  }
  server.on('connection', (socket) => {
    redis.sockets.add(socket)
    // Commands have the form of replies.
    const parser = new ReplyParser({ maxPayloadBytes: 1, maxTextBytes: 64 * 1024 * 1024 })
    let rest: Buffer = Buffer.alloc(0)
    socket.on('error', () => {}).on('close', () => redis.sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        parser.expect({ lands: landsNothing })
        rest = rest.subarray(parser.push(rest))
        if (!parser.done) return
        const command = parser.take() as string[]
        redis.commands.push(command)
        const reply = redis.answer(command, socket)
        if (reply !== undefined && !socket.destroyed) socket.write(reply)
      }
    })
  })
  onTestFinished(() => {
    for (const socket of redis.sockets) socket.destroy()
    server.close()
  })
  return redis
}
