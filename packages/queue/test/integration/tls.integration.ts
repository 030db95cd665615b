import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BufferSource, Lease, NonSharedBuffer } from '@pool/core'
import { freePort } from '@tooling/redis-testbed/free-port'
import { connectPooled } from '@tooling/redis-testbed/pooled-connect'
import { RedisServer } from '@tooling/redis-testbed/redis-server'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { landsWhole, PooledQueue, RedisClient, type WireTarget } from '../../src/index.js'
import { testPool } from '../support/test-pool.js'

const folder = mkdtempSync(join(tmpdir(), 'redis-tls-'))
const certificate = join(folder, 'certificate.pem')
let server: RedisServer
let port: number

beforeAll(async () => {
  const key = join(folder, 'key.pem')
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const files = ['-keyout', key, '-out', certificate]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], { stdio: 'ignore' })
  port = await freePort()
  const tls = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate]
  server = await RedisServer.start(...tls, '--tls-auth-clients', 'no')
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** What an application gives that has a certificate authority of its own. */
const trusting = (pool: BufferSource<NonSharedBuffer>) => ({
  pool,
  connect: (target: WireTarget) => connectPooled({ ...target, pool, tls: { ...target.tls, ca: readFileSync(certificate) } })
})

it.each(['localhost', '127.0.0.1'])('brings payloads back byte for byte over TLS to %s', async (host) => {
  const warn = vi.spyOn(process, 'emitWarning')
  const client = new RedisClient({ url: `rediss://${host}:${port}`, ...trusting(testPool()) })
  onTestFinished(() => client.destroy())
  for (const bytes of [1, 16_384, 16_385, 1_048_576]) {
    const sent = randomBytes(bytes)
    await client.send(['SET', 'tls', sent])
    using reply = (await client.send(['GET', 'tls'], { lands: landsWhole })) as Lease<Buffer>
    expect(reply.buffer.equals(sent), `${bytes} bytes`).toBe(true)
  }
  // Node warns where an address is given for a name.
  expect(warn).not.toHaveBeenCalled()
})

it('brings messages of a queue back over TLS', async () => {
  const queue = new PooledQueue({ url: `rediss://localhost:${port}`, queue: 'tls', ...trusting(testPool()) })
  onTestFinished(() => queue.close({ timeoutMs: 500 }))
  const sent = randomBytes(300_000)
  await queue.add(sent)
  const { value: job } = await queue.consume().next()
  expect(job?.buffer.equals(sent)).toBe(true)
  await job?.ack()
})

it('trusts what NODE_EXTRA_CA_CERTS names, on a socket of Node’s own', () => {
  const program = `
    import { RedisClient } from '@pool/queue'
    const client = new RedisClient({ url: 'rediss://localhost:${port}', commandTimeoutMs: 20_000 })
    console.log(await client.send(['PING']))
    await client.close()`
  const parameters = ['--conditions=@pool/source', '--import', 'tsx', '--input-type=module', '--eval', program]
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate }
  const { stdout, stderr } = spawnSync(process.execPath, parameters, { encoding: 'utf8', env, cwd: new URL('../..', import.meta.url) })
  expect(stdout.trim(), stderr).toBe('PONG')
})

it('sends nothing to a server whose certificate it does not trust, and says why', async () => {
  const client = new RedisClient({ url: `rediss://user:password@localhost:${port}`, commandTimeoutMs: 500 })
  onTestFinished(() => client.destroy())
  await expect(client.send(['PING'])).rejects.toMatchObject({
    code: 'ERR_POOL_COMMAND_TIMEOUT',
    cause: expect.objectContaining({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })
})
