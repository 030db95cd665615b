import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { encodeSecret, type SecretLease, type SecureBufferPool } from '@pool/secure'

const TOKEN_BYTES = 32

/**
 * Mints a token of 32 random bytes and answers it as base64url text, from memory of the pool to the socket.
 * @param pool - of random mode
 * @returns when the response no longer uses the memory, which is then wiped
 */
export async function sendToken(pool: SecureBufferPool, response: ServerResponse): Promise<void> {
  const text = mintToken(pool)
  try {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': text.buffer.length })
    // The socket reads the memory until the response has ended, by success or failure.
    const sent = once(response, 'close')
    response.end(text.buffer)
    await text.hold(sent)
  } finally {
    text.release()
  }
}

function mintToken(pool: SecureBufferPool): SecretLease {
  const token = pool.randomBytes(TOKEN_BYTES)
  try {
    return encodeSecret(pool, token, 'base64url')
  } finally {
    token.release()
  }
}
