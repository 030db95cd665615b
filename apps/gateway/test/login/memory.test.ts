import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { exchange, GatewaySubprocess, rawConnection, until } from '../gateway-under-test.js'
import { countInMemory, noScan } from './memory-of.js'
import { UsersFile, userLine } from './users-under-test.js'

const PASSWORD = randomBytes(96)
/** What is looked for: not the start, over which an allocator writes when it gets memory back. */
const MARKER = PASSWORD.subarray(48, 80)
const SCRIPT = fileURLToPath(new URL('collecting-main.ts', import.meta.url))
/** A scan takes seconds, in which the gateway closes an idle connection and this process does not see it. */
const headers = { connection: 'close' }
let file: UsersFile
let gateway: GatewaySubprocess

afterEach(() => {
  if (gateway.child.exitCode === null) gateway.child.kill('SIGKILL')
  file.remove()
})

/** How often a secret stands in the gateway's memory, once node's own buffer of received bytes has seen others, and after a collection. */
async function leftOf(secret: Uint8Array, url: URL): Promise<number> {
  // No more than that: much traffic would overwrite what the gateway itself forgot to wipe.
  const other = { method: 'POST', headers, body: new Uint8Array(4096).fill(97) }
  for (let sent = 0; sent < 2; sent += 1) await (await fetch(new URL('/analyze', url), other)).text()
  for (let turn = 0; turn < 3; turn += 1) {
    const collected = once(gateway.child, 'message')
    gateway.child.send('collect')
    await collected
  }
  return countInMemory(gateway.child.pid as number, secret)
}

const why = noScan === undefined ? '' : ` (skipped: ${noScan})`

describe.skipIf(noScan !== undefined)(`all memory of a gateway${why}`, () => {
  test('holds passwords and tokens no more, whatever became of the request', async () => {
    file = new UsersFile(await userLine('ada', PASSWORD))
    gateway = new GatewaySubprocess({ USERS_FILE: file.path }, SCRIPT)
    const url = await gateway.listening()
    const pid = gateway.child.pid as number
    const post = (path: string, body: Uint8Array<ArrayBuffer>) => fetch(new URL(path, url), { method: 'POST', headers, body })

    // While it is being sent, the password is there, and the scan finds it.
    const socket = await rawConnection(Number(url.port))
    socket.write('POST /login?user=ada HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n')
    socket.write(PASSWORD)
    await until(() => countInMemory(pid, MARKER) > 0, 'the password has arrived')
    socket.destroy()
    await until(async () => (await leftOf(MARKER, url)) === 0, 'an aborted upload is wiped')

    const password = new Uint8Array(PASSWORD)
    expect((await post('/login?user=ada', password)).status).toBe(204)
    expect((await post('/login?user=bob', password)).status).toBe(401)
    expect((await post('/login?user=ada', new Uint8Array(Buffer.concat([PASSWORD, Buffer.from('!')])))).status).toBe(401)
    // Too long, and here as a whole with its head.
    const head = Buffer.from('POST /login?user=ada HTTP/1.1\r\nhost: x\r\ncontent-length: 2996\r\n\r\n')
    const answer = await exchange(Number(url.port), Buffer.concat([head, Buffer.alloc(2900), PASSWORD]))
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    const token = await (await post('/token?user=ada', password)).text()
    expect(token).toMatch(/^[\w-]{43}$/)

    expect(await leftOf(MARKER, url)).toBe(0)
    expect(await leftOf(Buffer.from(token).subarray(16), url)).toBe(0)
    expect(await leftOf(Buffer.from(token, 'base64url').subarray(16), url)).toBe(0)
    expect(gateway.output + gateway.errors).not.toContain(token)
    gateway.child.kill('SIGTERM')
    expect(await gateway.ended()).toBe(0)
  })
})
