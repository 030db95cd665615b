/** Runs in a process of its own: gives a secret to functions of Node and prints how many copies they leave, before and after a collection. */
import { createHash, createHmac, pbkdf2, scrypt, scryptSync, timingSafeEqual } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { encodeSecret, SecureBufferPool } from '../../src/index.js'
import { MemoryScanner } from './memory-scanner.js'

const pool = new SecureBufferPool({ backing: 'heap' })
const results: Record<string, { atOnce: number; collected: number }> = {}

async function trial(name: string, run: (secret: Buffer) => unknown): Promise<void> {
  const scanner = new MemoryScanner()
  const secret = pool.acquire(32)
  scanner.write(secret)
  await run(secret)
  const atOnce = scanner.count() - 1
  for (let turn = 0; turn < 3; turn++) {
    await wait(10)
    globalThis.gc?.()
  }
  results[name] = { atOnce, collected: scanner.count() - 1 }
  pool.release(secret)
}

await trial('scryptSync', (secret) => scryptSync(secret, 'salt', 32))
await trial('createHmac', (secret) => createHmac('sha256', secret).update('message').digest())
await trial('createHash', (secret) => createHash('sha256').update(secret).digest())
await trial('timingSafeEqual', (secret) => timingSafeEqual(secret, Buffer.alloc(32)))
await trial('writeSync', (secret) => writeSync(openSync('/dev/null', 'w'), secret))
await trial('encodeSecret', (secret) => encodeSecret(pool, secret, 'base64url').release())
await trial('scrypt', (secret) => new Promise((resolve) => scrypt(secret, 'salt', 32, resolve)))
await trial('pbkdf2', (secret) => new Promise((resolve) => pbkdf2(secret, 'salt', 1000, 32, 'sha256', resolve)))
await trial('subtle.importKey', (secret) => crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']).then(() => {}))

process.stdout.write(JSON.stringify(results))
