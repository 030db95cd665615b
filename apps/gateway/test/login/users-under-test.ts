import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deriveHash, formatHash, type ScryptCost } from '../../src/login/scrypt-hash.js'

/** Cheap, so that tests are quick. */
export const CHEAP: ScryptCost = { ln: 10, r: 8, p: 1 }

/** A line of a file of users. */
export async function userLine(name: string, password: string | Uint8Array, cost = CHEAP): Promise<string> {
  const salt = randomBytes(16)
  return `${name}:${formatHash({ salt, hash: await deriveHash(Buffer.from(password), salt, 32, cost), cost })}`
}

/** A file of users, in a folder of its own. */
export class UsersFile {
  readonly path: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'gateway-users-'))

  constructor(...lines: readonly string[]) {
    this.path = join(this.#folder, 'users.txt')
    writeFileSync(this.path, `${lines.join('\n')}\n`)
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }
}
