/** Runs in a process of its own: reads a secret from a standard input that does not block, and prints its length. */
import { writeSync } from 'node:fs'
import { readSecretSync, SecureBufferPool } from '../../src/index.js'

// Makes the descriptor one that does not block, as some parents leave it.
process.stdin.pause()
writeSync(1, 'reads\n')
const secret = readSecretSync(new SecureBufferPool({ backing: 'heap' }), 0)
writeSync(1, `${secret.buffer.length}\n`)
process.exit(0)
