import { PoolError } from '@pool/core'
import { validChoice } from '@pool/core/kit'
import type { SecureBufferPool } from '../secure-buffer-pool.js'
import type { SecretLease } from './secret-bytes.js'
import { bytesOf, type SecretBytes } from './secret-bytes.js'

/** How bytes are written as ASCII: RFC 4648, base64url without padding, hex in lower case. */
export type SecretEncoding = 'hex' | 'base64url'

/**
 * Writes a secret as ASCII into memory of the pool; `Buffer.toString` would leave a string behind that can't be wiped. Which characters
 * they are is computed, never looked up, so that neither branches nor the cache reveal them, as in libsodium's codecs.c. Some 2 ns per byte.
 * @returns a lease of exactly the characters
 * @throws as `pool.lease`; `ERR_POOL_LEASE_RELEASED`; `ERR_POOL_INVALID_OPTION`
 */
export function encodeSecret(pool: SecureBufferPool, secret: SecretBytes, encoding: SecretEncoding): SecretLease {
  validChoice('encoding', encoding, ['hex', 'base64url'])
  const bytes = bytesOf('secret', secret)
  const bitsPerCharacter = encoding === 'hex' ? 4 : 6
  const text = pool.lease(Math.ceil((bytes.length * 8) / bitsPerCharacter))
  const characters = text.buffer
  const characterOf = encoding === 'hex' ? hexCharacter : base64urlCharacter
  let bits = 0
  let bitCount = 0
  let at = 0
  for (let index = 0; index < bytes.length; index++) {
    bits = ((bits << 8) | (bytes[index] as number)) & 0xffff
    for (bitCount += 8; bitCount >= bitsPerCharacter; at++) {
      bitCount -= bitsPerCharacter
      characters[at] = characterOf((bits >> bitCount) & (2 ** bitsPerCharacter - 1))
    }
  }
  if (bitCount > 0) characters[at] = characterOf((bits << (bitsPerCharacter - bitCount)) & (2 ** bitsPerCharacter - 1))
  return text
}

/**
 * Reads the text that {@link encodeSecret} writes, from memory to memory, likewise without a branch on any character.
 * @param text - ASCII: hex in either case, base64url without padding
 * @returns a lease of exactly the bytes
 * @throws `ERR_POOL_SECURE_ENCODING` when the text is not so encoded; as `pool.lease`; `ERR_POOL_LEASE_RELEASED`; `ERR_POOL_INVALID_OPTION`
 */
export function decodeSecret(pool: SecureBufferPool, text: SecretBytes, encoding: SecretEncoding): SecretLease {
  validChoice('encoding', encoding, ['hex', 'base64url'])
  const characters = bytesOf('text', text)
  const bitsPerCharacter = encoding === 'hex' ? 4 : 6
  const length = Math.floor((characters.length * bitsPerCharacter) / 8)
  const spareBits = characters.length * bitsPerCharacter - length * 8
  if (length === 0 || spareBits >= bitsPerCharacter) throw notEncoded(encoding, characters.length)
  const secret = pool.lease(length)
  const bytes = secret.buffer
  const readCharacter = encoding === 'hex' ? hexValue : base64urlValue
  let bits = 0
  let bitCount = 0
  let wrong = 0
  let at = 0
  for (let index = 0; index < characters.length; index++) {
    const value = readCharacter(characters[index] as number)
    wrong |= value
    bits = ((bits << bitsPerCharacter) | (value & 63)) & 0xffff
    bitCount += bitsPerCharacter
    if (bitCount < 8) continue
    bitCount -= 8
    bytes[at++] = bits >> bitCount
  }
  // The bits that no byte needs must be zero, or two texts would mean the same secret.
  if (wrong >= 0 && (bits & (2 ** spareBits - 1)) === 0) return secret
  secret.release()
  throw notEncoded(encoding, characters.length)
}

function notEncoded(encoding: SecretEncoding, length: number): PoolError {
  return new PoolError(
    'ERR_POOL_SECURE_ENCODING',
    `a text of ${length} characters is no ${encoding}. Give it as bytes, without padding, quotes or a line's end.`
  )
}

/** -1 where `value` is in `from..to`, else 0; for values of up to 30 bits. */
function within(value: number, from: number, to: number): number {
  return ~((value - from) >> 31) & ~((to - value) >> 31)
}

/** 0..15: 0-9 a-f. */
function hexCharacter(value: number): number {
  return 48 + value + (within(value, 10, 15) & 39)
}

/** 0..63: A-Z a-z 0-9 - _ */
function base64urlCharacter(value: number): number {
  return (
    (within(value, 0, 25) & (value + 65)) |
    (within(value, 26, 51) & (value + 71)) |
    (within(value, 52, 61) & (value - 4)) |
    (within(value, 62, 62) & 45) |
    (within(value, 63, 63) & 95)
  )
}

/** The value of a hex digit, 0..15; negative for any other character. */
function hexValue(character: number): number {
  const digit = within(character, 48, 57)
  const upper = within(character, 65, 70)
  const lower = within(character, 97, 102)
  return (digit & (character - 48)) | (upper & (character - 55)) | (lower & (character - 87)) | ~(digit | upper | lower)
}

/** The value of a base64url character, 0..63; negative for any other character. */
function base64urlValue(character: number): number {
  const upper = within(character, 65, 90)
  const lower = within(character, 97, 122)
  const digit = within(character, 48, 57)
  const dash = within(character, 45, 45)
  const line = within(character, 95, 95)
  return (
    (upper & (character - 65)) |
    (lower & (character - 71)) |
    (digit & (character + 4)) |
    (dash & 62) |
    (line & 63) |
    ~(upper | lower | digit | dash | line)
  )
}
