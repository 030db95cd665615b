import { invalid } from '@pool/core/kit/universal'
import { isShared, type SharedWebAssemblyMemory } from './pool-memory.js'
import { maxTag } from './seats.js'
import { isGrant } from './transfer/grant.js'

/** The token with which another thread attaches: plain data and the memory, to be posted (`postMessage`, `workerData`, `processorOptions`). */
export interface SharedPoolToken {
  /** The pool's name. */
  readonly name: string
  /** The memory that the pool lies in; undefined where blocks travel. */
  readonly memory: SharedArrayBuffer | SharedWebAssemblyMemory | undefined
  /** Where in it the pool begins, in bytes. */
  readonly byteOffset: number
  /** Name of the typed array that a block is a view of. */
  readonly type: string
  /** The dimensions of a block. */
  readonly shape: readonly number[]
  /** Tells the seats that are taken with this token from all others. */
  readonly tag: number
  /** The Web Lock that a thread of a browser holds while it lives. */
  readonly lock: string | undefined
  /** Where blocks travel: the thread's end of the messages, and the blocks that it lends. One thread attaches with it. */
  readonly grant: object | undefined
  /**
   * The objects that must be transferred when the token is posted, `postMessage(token, token.transfer)`; empty where memory is shared. Its type
   * fits the lists of Node and of the DOM alike.
   */
  readonly transfer: never[]
}

/** A token, as it came out of a message. */
export function validToken(value: unknown): SharedPoolToken {
  if (typeof value === 'object' && value !== null) {
    const { memory, byteOffset, type, shape, tag, name, grant } = value as Partial<Record<keyof SharedPoolToken, unknown>>
    const hasData = typeof name === 'string' && typeof type === 'string' && Array.isArray(shape) && isInteger(tag, 1, maxTag)
    const hasGround = grant === undefined ? isSharedMemory(memory) : isGrant(grant)
    if (hasData && hasGround && isInteger(byteOffset, 0, Number.MAX_SAFE_INTEGER) && byteOffset % 128 === 0) return value as SharedPoolToken
  }
  throw invalid('token', 'what token() of a pool returned', value)
}

function isSharedMemory(memory: unknown): boolean {
  if (typeof memory !== 'object' || memory === null || ArrayBuffer.isView(memory)) return false
  return isShared(memory) || isShared((memory as Partial<SharedWebAssemblyMemory>).buffer)
}

function isInteger(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}
