import { once } from 'node:events'
import { Agent, get as httpGet, request as httpRequest } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { GatewaySubprocess, rawConnection, until } from './gateway-under-test.js'

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

/** Whether nothing listens on the port. */
async function refuses(port: number): Promise<boolean> {
  try {
    const socket = await rawConnection(port)
    socket.destroy()
    return false
  } catch (error) {
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    return true
  }
}

describe('starting', () => {
  test('logs the URL at which it listens', async () => {
    const gateway = start({})
    const url = await gateway.listening()
    await until(() => gateway.output.includes('\n'), 'the log has a line')
    expect(gateway.lines()[0]).toMatchObject({ level: 30, url: url.origin, msg: `listening on ${url.origin}` })
    expect((await fetch(new URL('/health/memory-pools', url))).status).toBe(200)
  })

  test('shows the pools live with LIVE=on, out of the build that it starts', async () => {
    const gateway = start({ LIVE: 'on' })
    const url = await gateway.listening()
    for (const file of ['', 'live.js', 'uplot.js']) expect((await fetch(new URL(`/pools/${file}`, url))).status).toBe(200)
  })

  test('ends with 1 and names each variable that is wrong', async () => {
    const gateway = start({ PORT: 'http', WORKERS: '0' })
    expect(await gateway.ended()).toBe(1)
    expect(gateway.errors).toMatch(/^PORT: expected .*\nWORKERS: expected .*\n$/)
    expect(gateway.output).toBe('')
  })

  test.each([1, 2])(
    'ends with 1 and one sentence, whatever the level of the log, when the users can’t be read: %d workers',
    async (workers) => {
      const gateway = start({ USERS_FILE: '/nowhere/users.txt', LOG_LEVEL: 'silent', WORKERS: String(workers) })
      expect(await gateway.ended()).toBe(1)
      expect([gateway.errors, gateway.output]).toEqual(['USERS_FILE: expected a file that can be read (ENOENT)\n', ''])
    }
  )

  test('ends with 1 and one sentence when the folder of files is none', async () => {
    const gateway = start({ FILES_DIR: '/nowhere' })
    expect(await gateway.ended()).toBe(1)
    expect([gateway.errors, gateway.output]).toEqual(['FILES_DIR: expected a folder that can be read (ENOENT)\n', ''])
  })

  test.each([
    [1, 'PORT'],
    [2, 'PORT'],
    [1, 'INGEST_PORT'],
    [2, 'INGEST_PORT']
  ])('ends with 1 and one sentence, whatever the level of the log, when a port is taken: %d workers, %s', async (workers, variable) => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const gateway = start({ [variable]: String(port), LOG_LEVEL: 'silent', WORKERS: String(workers) })
    expect(await gateway.ended()).toBe(1)
    const sentence = `${variable}: 127.0.0.1, port ${port}, is taken: end the process that listens there, or set another one.\n`
    expect([gateway.errors, gateway.output]).toEqual([sentence, ''])
    other.close()
  })
})

describe('a pipe on stdout that is not read', () => {
  const droppedAt = async (url: URL): Promise<number> => {
    const response = await fetch(new URL('/metrics/process', url))
    return ((await response.json()) as { logLinesDropped: number }).logLinesDropped
  }

  /** Stops reading, and sends requests, whose lines have some 250 bytes, until the mebibyte is full that the kernel and the gateway keep. */
  async function dropLines(gateway: GatewaySubprocess, url: URL): Promise<void> {
    gateway.child.stdout?.pause()
    const batch = 500
    const request = `GET /nowhere HTTP/1.1\r\nhost: x\r\nx-request-id: ${'i'.repeat(64)}\r\n\r\n`
    const socket = await rawConnection(Number(url.port))
    let answers = ''
    socket.setEncoding('latin1').on('data', (chunk) => (answers += chunk))
    await until(async () => {
      answers = ''
      socket.write(request.repeat(batch))
      while (answers.split('HTTP/1.1 404').length <= batch) await once(socket, 'data')
      return (await droppedAt(url)) > 0
    }, 'lines are dropped')
    socket.destroy()
  }

  test('stops neither the service nor SIGTERM, and the lines that found no room are counted', async () => {
    const gateway = start({ LOG_LEVEL: 'info', SHUTDOWN_TIMEOUT_MS: '5000' })
    await dropLines(gateway, await gateway.listening())
    gateway.child.kill('SIGTERM')
    expect(await Promise.race([gateway.ended(), new Promise((resolve) => setTimeout(resolve, 20_000, 'it goes on'))])).toBe(0)
  })

  test('gets a line that says how many were dropped, once it is read again', async () => {
    const gateway = start({ LOG_LEVEL: 'info' })
    const url = await gateway.listening()
    await dropLines(gateway, url)
    gateway.child.stdout?.resume()
    await until(() => gateway.output.includes('log lines were dropped'), 'the log says so')
    const told = gateway.lines().filter(({ dropped }) => dropped !== undefined)
    expect(told[0]).toMatchObject({ level: 40, dropped: expect.any(Number) })
    expect(told.reduce((sum, { dropped }) => sum + Number(dropped), 0)).toBe(await droppedAt(url))
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
    // What connected before is accepted first, so the port closes a turn after the line.
    await until(() => refuses(Number(url.port)), 'new connections are refused')
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
