import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LoginRoutes, type StoredPassword, storedPassword } from '../examples/login-and-token.js'

const users = new Map<string, StoredPassword>()
const routes = new LoginRoutes(users)
const server = createServer(async (incoming, response) => {
  if (!(await routes.handle(incoming, response))) response.writeHead(404).end()
})
let url = ''

beforeAll(async () => {
  users.set('ada', await storedPassword(Buffer.from('correct horse')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
  routes.destroy()
})

const post = (path: string, body: string | Uint8Array) => fetch(`${url}${path}`, { method: 'POST', body })

/** Until the server is done with what it answered last. */
async function settled(): Promise<void> {
  await expect.poll(() => routes.inUse).toBe(0)
}

describe('the login example', () => {
  it('answers 204 to the right password, 401 to a wrong one, none, and an unknown user', async () => {
    const answers = await Promise.all([
      post('/login?user=ada', 'correct horse'),
      post('/login?user=ada', 'correct horsf'),
      post('/login?user=ada', ''),
      post('/login?user=bob', 'correct horse'),
      post('/login', 'correct horse')
    ])
    expect(answers.map(({ status }) => status)).toEqual([204, 401, 401, 401, 401])
    await settled()
  })

  it('mints a token each time, and knows them again', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, async () => (await post('/token?user=ada', 'correct horse')).text()))
    expect(new Set(tokens).size).toBe(20)
    for (const token of tokens) {
      expect(token).toMatch(/^[\w-]{43}$/)
      expect(routes.isToken(Buffer.from(token))).toBe(true)
    }
    expect(routes.isToken(Buffer.from('A'.repeat(43)))).toBe(false)
    expect((await post('/token?user=ada', 'wrong')).status).toBe(401)
    await settled()
  })

  it('answers 413 to a body that is too long, without keeping any of it', async () => {
    expect((await post('/login?user=ada', 'x'.repeat(2000))).status).toBe(413)
    await settled()
  })

  it('answers 413 to a client who is still sending', async () => {
    const outgoing = request(`${url}/login?user=ada`, { method: 'POST', headers: { 'content-length': '100000' } })
    outgoing.on('error', () => {})
    outgoing.write('x'.repeat(2000))
    const status = await new Promise((resolve) => outgoing.on('response', (response) => resolve(response.statusCode)))
    expect(status).toBe(413)
    outgoing.destroy()
    await settled()
  })

  it('wipes what came of a password whose sender went away', async () => {
    const outgoing = request(`${url}/login?user=ada`, { method: 'POST', headers: { 'content-length': '13' } })
    outgoing.on('error', () => {})
    outgoing.write('correct')
    await expect.poll(() => routes.inUse).toBe(1)
    outgoing.destroy()
    await settled()
  })

  it('leaves other routes alone', async () => {
    expect((await post('/elsewhere', 'x')).status).toBe(404)
    expect((await fetch(`${url}/login`)).status).toBe(404)
  })
})
