import { readFileSync } from 'node:fs'
import { ConfigError, type GatewayConfig } from '../config.js'
import { parseHash, type ScryptHash } from './scrypt-hash.js'

/** Those who may log in, by name. */
export type Users = ReadonlyMap<string, ScryptHash>

/** The user of the README, whose password is public: `correct horse`. */
const DEMO_USER = 'demo:$scrypt$ln=14,r=8,p=5$l8HIsBFaMKFyZWpzpTcDnQ$hiif+ldgrSuIn0itt9Z7tayQyV9Olvt8x0zkJ7ndX60'
const LONGEST_NAME = 64

/**
 * Reads who may log in: the file's lines, `name:$scrypt$…`, and the demo user where the configuration wants it. Empty lines and
 * those that begin with `#` do not count.
 * @throws ConfigError when the file can't be read or a line is malformed; it gives the number of the line, and none of its text
 */
export function readUsers({ usersFile, demoUser }: Pick<GatewayConfig, 'usersFile' | 'demoUser'>): Users {
  const users = new Map<string, ScryptHash>()
  if (demoUser === 'on') addUser(users, DEMO_USER)
  for (const [index, line] of linesOf(usersFile).entries()) {
    if (line !== '' && !line.startsWith('#') && !addUser(users, line)) {
      throw new ConfigError([`USERS_FILE: expected name:$scrypt$ln=…,r=…,p=…$salt$hash and a new name in line ${index + 1}`])
    }
  }
  return users
}

function linesOf(file: string | undefined): string[] {
  if (file === undefined) return []
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)
  } catch (error) {
    throw new ConfigError([`USERS_FILE: expected a file that can be read (${(error as NodeJS.ErrnoException).code})`])
  }
}

function addUser(users: Map<string, ScryptHash>, line: string): boolean {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0))
  const hash = parseHash(line.slice(colon + 1))
  if (name === '' || name.length > LONGEST_NAME || users.has(name) || hash === undefined) return false
  users.set(name, hash)
  return true
}
