import { createHash } from 'node:crypto'

/** A script that Redis runs as one step, and the name that it is called by. */
export interface RedisScript {
  /** Lua. */
  readonly text: string
  /** The SHA-1 of the text, which `EVALSHA` calls the script by. */
  readonly sha: string
}

/** A script of this text. */
export function script(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
