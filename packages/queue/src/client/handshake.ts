import { isPoolError } from '@pool/core'
import type { CommandPart } from '../resp/command-encoder.js'
import { landsNothing, type Reply } from '../resp/reply.js'
import { RedisReplyError } from '../resp/resp-errors.js'
import { refused, unsupported } from './client-errors.js'
import type { ClientSettings } from './client-options.js'
import { PendingCommand } from './pending-command.js'
import type { RedisSession } from './redis-session.js'

/** The answer of Redis to the handshake. */
export interface Welcome {
  /** The connection's number, as of `CLIENT ID`. */
  readonly connectionId: number
  /** 3, or 2 where Redis does not know `HELLO`. */
  readonly protocol: 2 | 3
}

/**
 * Logs in on a fresh connection: `HELLO 3`, or the commands of older servers, and `SELECT`.
 * @throws `ERR_POOL_REDIS_REFUSED`, `ERR_POOL_REDIS_UNSUPPORTED`, after which another try would fail, too; else the error of the connection
 */
export async function shakeHands(session: RedisSession, settings: ClientSettings): Promise<Welcome> {
  const { name, address } = settings
  const { username, password, database } = address
  const ask = (...parts: CommandPart[]) => exchange(session, parts)
  const login = password === undefined ? [] : [username ?? 'default', password]
  let protocol: 2 | 3 = 3
  try {
    const hello = await ask('HELLO', 3, ...(password === undefined ? [] : ['AUTH', ...login]), 'SETNAME', name)
    const mode = Array.isArray(hello) ? hello[hello.indexOf('mode') + 1] : undefined
    if (mode === 'cluster' || mode === 'sentinel') throw unsupported(mode)
  } catch (error) {
    if (!(error instanceof RedisReplyError)) throw error
    // Redis before 6 does not know HELLO, and a server may speak RESP2 alone.
    if (!/^(ERR|NOPROTO)$/.test(error.redisCode)) throw refusal('HELLO', error)
    protocol = 2
    // Redis before 6 takes a password alone.
    if (password !== undefined) await ask('AUTH', ...(username === undefined ? [password] : login)).catch(rejecting('AUTH'))
    await ask('CLIENT', 'SETNAME', name).catch(rejecting('CLIENT SETNAME'))
  }
  const id = await ask('CLIENT', 'ID').catch((error) => {
    // A user without that right can't be woken while it waits for messages, which then takes a little longer.
    if (error instanceof RedisReplyError && error.redisCode === 'NOPERM') return 0
    throw error instanceof RedisReplyError ? refusal('CLIENT ID', error) : error
  })
  if (database !== 0) await ask('SELECT', database).catch(rejecting('SELECT'))
  return { connectionId: Number(id), protocol }
}

/** Sends one command on a fresh connection, which nothing else uses yet. */
export function exchange(session: RedisSession, parts: readonly CommandPart[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const settings = { lands: landsNothing, taker: undefined, idempotent: false, timeoutMs: Number.POSITIVE_INFINITY, signal: undefined }
    session.send([new PendingCommand(parts, settings, undefined, resolve, reject)])
  })
}

function rejecting(command: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof RedisReplyError ? refusal(command, error) : error
  }
}

/** The error of a refused command. A state that passes by itself stays as it is: Redis that loads its data, or has lost its master. */
function refusal(command: string, error: RedisReplyError): Error {
  const passes = /^(LOADING|MASTERDOWN|BUSY|TRYAGAIN)$/.test(error.redisCode)
  return passes ? error : refused(`it answered ${command} with ${error.redisCode}`, error)
}

/** Whether another attempt to connect would fail, too. */
export function isFinal(error: unknown): boolean {
  return isPoolError(error, 'ERR_POOL_REDIS_REFUSED') || isPoolError(error, 'ERR_POOL_REDIS_UNSUPPORTED')
}
