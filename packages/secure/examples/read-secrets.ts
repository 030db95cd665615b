import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  decodeSecret,
  encodeSecret,
  readSecret,
  readSecretSync,
  SecureBufferPool,
  takeEnvironmentSecret,
  timingSafeEqual
} from '@pool/secure'

const pool = new SecureBufferPool({ fill: 'random' })

// A file, such as the secrets that containers mount; a pipe and standard input are read in the same way.
const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
writeFileSync(join(folder, 'database'), 'correct horse battery staple\n')
const descriptor = openSync(join(folder, 'database'), 'r')
const password = readSecretSync(pool, descriptor, { stripNewline: true })
closeSync(descriptor)
rmSync(folder, { recursive: true })
console.log(password.buffer.length)

// A stream; each chunk is wiped once it is copied.
const fromStream = await readSecret(pool, Readable.from([Buffer.from('correct horse '), Buffer.from('battery staple')]))
console.log(timingSafeEqual(password, fromStream))

// A variable of the environment, which is gone from there afterwards.
process.env.EXAMPLE_API_KEY = 'key'
const key = takeEnvironmentSecret(pool, 'EXAMPLE_API_KEY')
console.log(key?.buffer.length, 'EXAMPLE_API_KEY' in process.env)

// A token, as text and back, from memory of the pool to memory of the pool.
const token = pool.randomBytes(32)
const text = encodeSecret(pool, token, 'base64url')
const back = decodeSecret(pool, text, 'base64url')
console.log(text.buffer.length, timingSafeEqual(token, back))

for (const lease of [password, fromStream, key, token, text, back]) lease?.release()
console.log(pool.stats().inUse)
pool.destroy()
