import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const program = `
import { BufferPool } from './index.js'

const pool = new BufferPool({ initialSize: 0, heldTooLongMs: 1, leakDetection: 'all' })
const held: Buffer[] = []
function handleRequest() {
  held.push(pool.acquire())
}
pool.once('heldTooLong', ({ acquiredAt }) => {
  console.log(acquiredAt)
  process.exit()
})
setTimeout(handleRequest, 1)
setTimeout(() => {}, 60_000)
`

describe('a program that is bundled with the package', { timeout: 60_000 }, () => {
  it('is told the place in its own code, though that stands where the package does', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bundled-'))
    try {
      cpSync(new URL('../../src/', import.meta.url), folder, { recursive: true })
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
      writeFileSync(join(folder, 'main.ts'), program)
      const told = execFileSync(process.execPath, ['--import', import.meta.resolve('tsx'), join(folder, 'main.ts')], { encoding: 'utf8' })
      expect(told.split('\n')[0]).toContain('handleRequest')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
