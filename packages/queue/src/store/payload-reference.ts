import { randomBytes } from 'node:crypto'
import { PoolError } from '@pool/core'
import * as check from '@pool/core/kit'

/** The content of a reference: the token of a payload, and its length in bytes. */
export interface PayloadReference {
  /** 128 random bits, which nothing else knows, make it unlike all others. */
  readonly token: string
  /** The number of bytes. */
  readonly bytes: number
}

/** `payload:<bytes>:<token>`: letters, digits, `-`, `_` and colons, so that it passes through JSON, URLs and logs as it is. */
const form = /^payload:(\d{1,9}):([\w-]{22})$/

/** A reference that no other payload has. */
export function newReference(bytes: number): PayloadReference {
  return { token: randomBytes(16).toString('base64url'), bytes }
}

/** As a job carries it. */
export function referenceText({ bytes, token }: PayloadReference): string {
  return `payload:${bytes}:${token}`
}

/**
 * Reads a reference. It may come from elsewhere: no text makes it name a key that is not a payload's.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function parseReference(text: unknown): PayloadReference {
  if (typeof text !== 'string') throw check.invalid('reference', 'a string that put() gave', text)
  const reference = referenceOf(text)
  if (reference === undefined) {
    throw new PoolError('ERR_POOL_INVALID_OPTION', 'the reference is not one that put() gave: payload:<bytes>:<22 characters>.')
  }
  return reference
}

/** The reference in a text; undefined where the text is not a reference. */
export function referenceOf(text: string): PayloadReference | undefined {
  const [, bytes, token] = form.exec(text) ?? []
  return bytes === undefined || token === undefined ? undefined : { bytes: Number(bytes), token }
}
