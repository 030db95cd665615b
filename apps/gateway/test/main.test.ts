import { once } from 'node:events'
import { Agent, get as httpGet, request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { GatewaySubprocess, rawConnection, until } from './gateway-under-test.js'

// Each test starts processes, and machines may be busy.
vi.setConfig({ testTimeout: 60_000 })

const started: GatewaySubprocess[] = []

afterEach(() => {
  for (const { child } of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
})

function start(environment: Readonly<Record<string, string>>): GatewaySubprocess {
  const gateway = new GatewaySubprocess(environment)
  started.push(gateway)
  return gateway
}

/** A POST whose body has begun and not ended. */
async function beginUpload(url: URL) {
  const headers = { 'content-length': 20 }
  const upload = httpRequest({ host: url.hostname, port: url.port, method: 'POST', path: '/analyze', headers, agent: false })
  const response = once(upload, 'response')
  response.catch(() => {})
  upload.write('<script>')
  await until(async () => {
    const stats = (await (await fetch(new URL('/metrics/memory-pools', url))).json()) as { bodies: { outstanding: number } }
    return stats.bodies.outstanding === 1
  }, 'the body has begun')
  return { upload, response }
}

describe('starting', () => {
  test('logs the URL at which it listens', async () => {
    const gateway = start({})
    const url = await gateway.listening()
    await until(() => gateway.output.includes('\n'), 'the log has a line')
    expect(gateway.lines()[0]).toMatchObject({ level: 30, url: url.origin, msg: `listening on ${url.origin}` })
    expect((await fetch(new URL('/health/memory-pools', url))).status).toBe(200)
  })

  test('ends with 1 and names each variable that is wrong', async () => {
    const gateway = start({ PORT: 'http', WORKERS: '0' })
    expect(await gateway.ended()).toBe(1)
    expect(gateway.errors).toMatch(/^PORT: expected .*\nWORKERS: expected .*\n$/)
    expect(gateway.output).toBe('')
  })

  test('ends with 1 when the users can’t be read, and names the variable', async () => {
    const gateway = start({ USERS_FILE: '/nowhere/users.txt' })
    expect(await gateway.ended()).toBe(1)
    expect(gateway.lines().at(-1)).toMatchObject({ level: 60, err: { message: expect.stringContaining('USERS_FILE') } })
  })

  test('ends with 1 when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const gateway = start({ PORT: String((other.address() as { port: number }).port) })
    expect(await gateway.ended()).toBe(1)
    expect(gateway.lines().at(-1)).toMatchObject({ level: 60, err: { code: 'EADDRINUSE' } })
    other.close()
  })
})

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('on %s lets a request in flight finish, refuses new ones, and ends with 0', async (signal) => {
    const gateway = start({})
    const url = await gateway.listening()
    const { upload, response } = await beginUpload(url)
    gateway.child.kill(signal)
    gateway.child.kill(signal)
    await until(() => gateway.output.includes('stopping'), 'it stops')
    await expect(rawConnection(Number(url.port))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    upload.end('alert(1)    ')
    const [message] = await response
    expect(message.headers.connection).toBe('close')
    expect(await json(message)).toMatchObject({ verdict: expect.any(String) })
    expect(await gateway.ended()).toBe(0)
    expect(gateway.lines().at(-1)).toMatchObject({ msg: 'drained, pools destroyed', cutOff: 0, outstanding: 0 })
  })

  test('does not wait for connections that are kept and not used', async () => {
    const gateway = start({ KEEP_ALIVE_TIMEOUT_MS: '60000', SHUTDOWN_TIMEOUT_MS: '60000' })
    const url = await gateway.listening()
    const agent = new Agent({ keepAlive: true })
    const [message] = await once(httpGet(new URL('/nowhere', url), { agent }), 'response')
    await json(message)
    const silent = await rawConnection(Number(url.port))
    gateway.child.kill('SIGTERM')
    expect(await gateway.ended()).toBe(0)
    silent.destroy()
    agent.destroy()
  })

  test('cuts off what takes longer than it may, says so, and ends with 1', async () => {
    const gateway = start({ SHUTDOWN_TIMEOUT_MS: '200' })
    const url = await gateway.listening()
    const { upload } = await beginUpload(url)
    const failed = once(upload, 'error')
    gateway.child.kill('SIGTERM')
    await failed
    expect(await gateway.ended()).toBe(1)
    expect(gateway.lines().at(-1)).toMatchObject({ level: 40, cutOff: 1 })
  })
})
