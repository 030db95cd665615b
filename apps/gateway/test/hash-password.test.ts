import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { deriveHash, parseHash } from '../src/login/scrypt-hash.js'

const SCRIPT = fileURLToPath(new URL('../start.js', import.meta.url))

function hashPassword(input: string, ...parameters: string[]) {
  const all = [SCRIPT, 'hash-password', ...parameters]
  return spawnSync(process.execPath, all, { input, encoding: 'utf8' })
}

test('prints the line of a user for the password on standard input, without its line’s end', { timeout: 60_000 }, async () => {
  const { status, stdout } = hashPassword('correct horse\n', '--', 'ada')
  expect(status).toBe(0)
  const [, name, text] = /^([^:]+):(.*)\n$/.exec(stdout) ?? []
  const stored = parseHash(text ?? '')
  expect(name).toBe('ada')
  const { salt, hash, cost } = stored as NonNullable<typeof stored>
  expect(await deriveHash(Buffer.from('correct horse'), salt, hash.length, cost)).toEqual(hash)
})

test.each([[], ['a:b'], ['#ada'], ['']])('asks for the name of a user: %s', { timeout: 60_000 }, (...parameters) => {
  const { status, stdout, stderr } = hashPassword('correct horse', ...parameters)
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).not.toContain('horse')
})
