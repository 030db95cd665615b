import { randomBytes } from 'node:crypto'
import { readSecretSync, SecureBufferPool } from '@pool/secure'
import { DEFAULT_COST, deriveHash, formatHash } from './login/scrypt-hash.js'

// Reads a password from standard input and prints the line of a user for USERS_FILE.
const [user = ''] = process.argv.slice(2).filter((word) => word !== '--')
if (!/^[^:\s#][^:\s]{0,63}$/.test(user)) {
  process.stderr.write('Name the user: up to 64 characters, no colons or blanks. The password is read from standard input.\n')
  process.exit(1)
}
const pool = new SecureBufferPool({ name: 'password' })
const password = readSecretSync(pool, 0, { maxBytes: 1024, stripNewline: true })
const salt = randomBytes(16)
const hash = await password.hold(deriveHash(password.buffer, salt, 32, DEFAULT_COST))
password.release()
pool.destroy()
process.stdout.write(`${user}:${formatHash({ salt, hash, cost: DEFAULT_COST })}\n`)
