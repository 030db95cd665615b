/** Runs in a process of its own, which ends with a secret in use, and prints how often that stands in memory at the very end. */
import { writeSync } from 'node:fs'
import { SecureBufferPool } from '../../src/index.js'
import { MemoryScanner } from './memory-scanner.js'

const [backing, fill, ending] = process.argv.slice(2) as ['heap' | 'sodium', 'zero' | 'random', string]
const scanner = new MemoryScanner()
const pool = new SecureBufferPool({ backing, fill, wipeOnSignals: ending === 'a signal nobody listens to' ? ['SIGTERM'] : [] })
const lease = pool.lease(32)
scanner.write(lease.buffer)
const before = scanner.count()
const report = () => void writeSync(1, JSON.stringify({ before, after: scanner.count() }))

process.on('exit', report)
// Nobody is told when a signal ends the process; so look at the moment at which it is sent again.
const kill = process.kill.bind(process)
process.kill = (pid, signal) => {
  report()
  return kill(pid, signal)
}

const endings: Record<string, () => void> = {
  'process.exit()': () => process.exit(0),
  'nothing left to do': () => {},
  'an uncaught exception': () => {
    throw new Error('uncaught')
  },
  'an unhandled rejection': () => void Promise.reject(new Error('unhandled')),
  'a signal whose listener exits': () => {
    process.on('SIGTERM', () => process.exit(0))
    kill(process.pid, 'SIGTERM')
    setTimeout(() => {}, 10_000)
  },
  'a signal nobody listens to': () => {
    kill(process.pid, 'SIGTERM')
    setTimeout(() => {}, 10_000)
  }
}
setImmediate(endings[ending] as () => void)
