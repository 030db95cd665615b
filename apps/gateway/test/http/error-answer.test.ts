import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PoolError } from '@pool/core'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Connections } from '../../src/http/connections.js'
import { answerError } from '../../src/http/error-answer.js'
import { beginRecord, logRequest } from '../../src/http/request-log.js'
import { createLogger } from '../../src/logger.js'
import { type LogLine, until } from '../gateway-under-test.js'

const failures: Readonly<Record<string, unknown>> = {
  plain: new Error('a secret of ours'),
  text: 'a secret of ours',
  hidden: Object.assign(new Error('a secret of ours'), { status: 400, expose: false }),
  exposed: Object.assign(new Error('no such thing'), { status: 422, expose: true, type: 'thing.unknown' }),
  bare: Object.assign(new Error('teapot'), { status: 418 }),
  exhausted: new PoolError('ERR_POOL_EXHAUSTED', 'figures of ours'),
  misuse: new PoolError('ERR_POOL_DOUBLE_RELEASE', 'figures of ours'),
  busy: Object.assign(new Error('figures of ours'), { status: 503, type: 'pool.exhausted' }),
  body: Object.assign(new Error('can not be parsed'), { status: 400, body: 'a secret of theirs' })
}

let server: Server
let url: string
const log: string[] = []

beforeAll(async () => {
  const app = express()
  app.get('/late', (_request, response) => {
    response.write('begun')
    throw failures.plain
  })
  app.get('/:failure', (request) => {
    throw failures[request.params.failure]
  })
  app.use(answerError)
  const logger = createLogger('info', { write: (line) => void log.push(line) })
  server = createServer()
  new Connections(server, (response) => logRequest(logger, response))
  server.on('request', (request, response) => {
    beginRecord(request, response)
    app(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => server.close())

describe('answerError', () => {
  test.each([
    ['plain', 500, 'internal'],
    ['text', 500, 'internal'],
    ['hidden', 500, 'internal'],
    ['misuse', 500, 'internal'],
    ['exposed', 422, 'thing.unknown'],
    ['bare', 418, 'http.418'],
    ['body', 400, 'http.400'],
    ['exhausted', 503, 'ERR_POOL_EXHAUSTED'],
    ['busy', 503, 'pool.exhausted']
  ])('answers what is %s with %d %s', async (failure, status, code) => {
    const response = await fetch(`${url}/${failure}`)
    const text = await response.text()
    expect([response.status, JSON.parse(text)]).toEqual([
      status,
      { error: { code, message: expect.any(String) }, requestId: response.headers.get('x-request-id') }
    ])
    expect(text).not.toContain('secret')
    expect(text).not.toContain('figures')
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null)
  })

  test('ends the connection when the answer had begun', async () => {
    const response = await fetch(`${url}/late`)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
  })

  test('logs our own failures with their stack, and never what an error carries of the body', async () => {
    const response = await fetch(`${url}/plain`)
    const id = response.headers.get('x-request-id')
    const find = () => log.map((line) => JSON.parse(line) as LogLine).find(({ requestId }) => requestId === id)
    await until(() => find() !== undefined, 'the failure is logged')
    expect(find()).toMatchObject({
      level: 50,
      status: 500,
      err: { message: 'a secret of ours', stack: expect.stringContaining('error-answer') }
    })
    await fetch(`${url}/body`)
    expect(log.join('')).not.toContain('a secret of theirs')
  })
})
