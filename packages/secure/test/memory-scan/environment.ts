/**
 * Runs in a process of its own: takes a variable that it was started with, and prints how often its value stands in memory. As CommonJS,
 * since the loader of TypeScript's ES modules runs in a worker, which has a copy of the whole environment.
 */
import { readFileSync } from 'node:fs'
import { SecureBufferPool, takeEnvironmentSecret } from '../../src/index.js'
import { MemoryScanner } from './memory-scanner.js'

const [mask = '', masked = ''] = process.argv.slice(-2)
const scanner = new MemoryScanner(undefined, { mask: Buffer.from(mask, 'hex'), masked: Buffer.from(masked, 'hex') })
const pool = new SecureBufferPool({ backing: 'heap' })
const before = scanner.count()
const lease = takeEnvironmentSecret(pool, 'SECRET_OF_TEST')
const taken = scanner.count()
const length = lease?.buffer.length
lease?.release()
const blanked = readFileSync('/proc/self/environ', 'latin1').includes('SECRET_OF_TEST=\0')
process.stdout.write(JSON.stringify({ before, taken, released: scanner.count(), length, blanked, left: 'SECRET_OF_TEST' in process.env }))
