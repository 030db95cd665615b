import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../src/', import.meta.url))

it('imports nothing of core but its interfaces and checks, so that it runs in a browser', () => {
  const imports = readdirSync(source).flatMap((file) => {
    const text = readFileSync(source + file, 'utf8')
    return [...text.matchAll(/from '([^.][^']*)'/g)].map(([, specifier]) => specifier)
  })
  expect([...new Set(imports)].sort()).toEqual(['@pool/core/interfaces', '@pool/core/validate'])
})
