import { isMainThread } from 'node:worker_threads'
import { PoolError } from '@pool/core'
import { validName } from '@pool/core/kit'
import type { SecureBufferPool } from '../secure-buffer-pool.js'
import { EnvironmentBlock } from './environment-block.js'
import type { SecretLease } from './secret-bytes.js'

/**
 * Moves an environment variable into a lease: afterwards it is neither in `process.env` nor in the environment of child processes.
 *
 * On Linux the value that the process was started with is read from the process's own memory and blanked there, so that no string of it
 * is ever made, and `/proc/<pid>/environ` shows it no more. Elsewhere, in workers, and for a variable that was set later, by an assignment
 * or by `--env-file`, it is read through `process.env`: V8 then keeps a string of it that can't be wiped, until the collector reuses its
 * memory, and the C library keeps the copy that it was set with.
 * @param name - of the variable
 * @returns a lease of exactly its bytes, UTF-8; `undefined` when there is no such variable
 * @throws `ERR_POOL_SECURE_EMPTY` when it is empty; as `pool.lease`; `ERR_POOL_INVALID_OPTION`. The variable is then as before.
 */
export function takeEnvironmentSecret(pool: SecureBufferPool, name: string): SecretLease | undefined {
  validName('name', name)
  // Not `in`, which finds properties that every object inherits, such as toString.
  if (!Object.hasOwn(process.env, name)) return undefined
  const secret = takeFromStart(pool, name) ?? copyFromProcess(pool, name)
  delete process.env[name]
  return secret
}

function takeFromStart(pool: SecureBufferPool, name: string): SecretLease | undefined {
  const block = isMainThread ? EnvironmentBlock.open() : undefined
  if (block === undefined) return undefined
  try {
    // Read into memory of the pool, since the other variables may be secrets too.
    return block.bytes > pool.maxBytes ? undefined : pool.withSecretSync(block.bytes, (all) => take(pool, block, all, name))
  } finally {
    block.close()
  }
}

function take(pool: SecureBufferPool, block: EnvironmentBlock, all: Buffer, name: string): SecretLease | undefined {
  const value = block.find(all, name)
  if (value === undefined || value.start === value.end) return undefined
  const secret = pool.lease(value.end - value.start)
  all.copy(secret.buffer, 0, value.start, value.end)
  block.blank(value)
  return secret
}

function copyFromProcess(pool: SecureBufferPool, name: string): SecretLease {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new PoolError('ERR_POOL_SECURE_EMPTY', 'the variable is empty, so there is no secret to take. Look at what should set it.')
  }
  const secret = pool.lease(Buffer.byteLength(value))
  secret.buffer.write(value)
  return secret
}
