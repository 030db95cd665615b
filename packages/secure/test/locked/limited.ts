/** Runs in a process with a limit on locked memory, and prints what pools say of theirs. */
import { readFileSync } from 'node:fs'
import { isPoolError } from '@pool/core'
import { SecureBufferPool } from '../../src/index.js'

function account(pool: SecureBufferPool) {
  const kernelLockedBytes = Number(/^VmLck:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
  return { ...pool.capabilities(), kernelLockedBytes }
}

async function free(pool: SecureBufferPool, secrets: readonly Buffer[]): Promise<void> {
  for (const secret of secrets) pool.release(secret)
  pool.destroy()
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
}

const pool = new SecureBufferPool()
const secrets = Array.from({ length: 1000 }, () => pool.acquire(32))
const thousand = account(pool)
for (let index = 0; index < 1000; index++) secrets.push(pool.acquire(32))
const beyond = account(pool)
await free(pool, secrets)

let strict: SecureBufferPool | undefined
const held: Buffer[] = []
const figures = () => {
  const { total, inUse, available, liveBytes, acquisitions } = strict?.stats() ?? {}
  return { total, inUse, available, liveBytes, acquisitions }
}
let figuresBefore: unknown
let required: unknown
try {
  strict = new SecureBufferPool({ require: 'locked' })
  for (;;) {
    figuresBefore = figures()
    const secret = strict.acquire(32)
    secret.write('password')
    held.push(secret)
  }
} catch (error) {
  if (!isPoolError(error)) throw error
  const intact = held.every((secret) => secret.toString('latin1', 0, 8) === 'password')
  required = {
    code: error.code,
    message: error.message,
    held: held.length,
    intact,
    figuresBefore: figuresBefore ?? null,
    figuresAfter: strict ? figures() : null
  }
}
process.stdout.write(JSON.stringify({ thousand, beyond, required }))
