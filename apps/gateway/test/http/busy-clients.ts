/**
 * Runs in a process of its own: `clients` keep connections open and send one request after the other, until the server refuses
 * connections. Prints a line once each has had ten answers, and in the end what became of the requests.
 */
import { Agent, type ClientRequest, request as httpRequest } from 'node:http'

const [url = '', clients = ''] = process.argv.slice(2)
const body = Buffer.alloc(1000, 'a')
const figures = { answered: 0, reusedReset: 0, freshReset: 0, refused: 0 }

/** Sends one request; false: this client is through. */
function send(agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing: ClientRequest = httpRequest(new URL('/analyze', url), {
      method: 'POST',
      agent,
      headers: { 'content-length': body.length }
    })
    outgoing.on('response', (response) => {
      response.resume().on('end', () => {
        figures.answered += 1
        resolve(true)
      })
      response.on('error', () => {})
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') figures.refused += 1
      else if (outgoing.reusedSocket) figures.reusedReset += 1
      else figures.freshReset += 1
      resolve(error.code !== 'ECONNREFUSED')
    })
    outgoing.end(body)
  })
}

let warming = Number(clients)

async function run(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let sent = 1; await send(agent); sent += 1) {
    if (sent === 10 && --warming === 0) process.stdout.write('all are busy\n')
  }
  agent.destroy()
}

await Promise.all(Array.from({ length: Number(clients) }, run))
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()
