import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { compiled } from '../../../tooling/vitest-config/src/compiled.js'

const fixture = compiled(fileURLToPath(new URL('./support/loads-tls.ts', import.meta.url)))

it('loads the TLS of Node with the first connection or server that needs it, and not with the package', () => {
  expect(JSON.parse(execFileSync(process.execPath, [fixture], { encoding: 'utf8' }))).toEqual([false, false, true])
}, 60_000)
