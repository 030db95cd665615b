import type { IncomingMessage } from 'node:http'
import { isPoolError } from '@pool/core'
import { readSecret, type SecretLease, type SecureBufferPool } from '@pool/secure'
import { Refusal } from '../http/error-answer.js'

const LONGEST_PASSWORD_BYTES = 1024

/**
 * Reads the body of a request, as it is, into a lease, and wipes every chunk of it, also when it is refused. A JSON or form parser
 * would make a string of it, which can not be wiped.
 * @throws (rejects) Refusal 400 `request.aborted`, 401 `login.refused` for an empty body, 413 `entity.too.large`, 415
 * `encoding.unsupported`; as `pool.lease`
 */
export async function readPassword(pool: SecureBufferPool, request: IncomingMessage): Promise<SecretLease> {
  try {
    if (Number(request.headers['content-length'] ?? 0) > LONGEST_PASSWORD_BYTES) throw tooLong()
    if (request.headers['content-encoding'] !== undefined) {
      throw new Refusal(415, 'encoding.unsupported', 'a password is sent as it is, without content-encoding')
    }
    // The request outlives a refusal, so that it can be answered.
    return await readSecret(pool, request, { maxBytes: LONGEST_PASSWORD_BYTES, destroyOnError: false })
  } catch (error) {
    request.on('data', (chunk: Buffer) => chunk.fill(0))
    if (isPoolError(error, 'ERR_POOL_TOO_LARGE')) throw tooLong()
    if (isPoolError(error, 'ERR_POOL_SECURE_EMPTY')) throw wrongPassword()
    if (request.destroyed && !request.complete) throw new Refusal(400, 'request.aborted', 'the request was aborted')
    throw error
  }
}

/** The one answer for a wrong password, an empty one, and an unknown user. */
export function wrongPassword(): Refusal {
  return new Refusal(401, 'login.refused', 'no such user, or another password')
}

function tooLong(): Refusal {
  return new Refusal(413, 'entity.too.large', `a password has at most ${LONGEST_PASSWORD_BYTES} bytes`)
}
