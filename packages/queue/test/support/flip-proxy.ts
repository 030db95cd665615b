import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A relay in front of a server that flips one bit, once: of the first chunk from the server of more than `chunkBytes`, in its middle. */
export async function flipProxy(port: number, chunkBytes: number): Promise<{ readonly url: string; readonly flips: () => number }> {
  let flips = 0
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => to.destroy())
    }
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk: Buffer) => {
      if (flips === 0 && chunk.length > chunkBytes) {
        flips++
        const middle = chunk.length >> 1
        chunk.writeUInt8(chunk.readUInt8(middle) ^ 1, middle)
      }
      near.write(chunk)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, flips: () => flips }
}
