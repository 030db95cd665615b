import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../src/', import.meta.url))

it('imports nothing of core but its interfaces and the part of its kit that runs in a browser', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const imports = files.flatMap((file) => {
    const text = readFileSync(source + file, 'utf8')
    return [...text.matchAll(/from '([^.][^']*)'/g)].map(([, specifier]) => specifier)
  })
  expect([...new Set(imports)].sort()).toEqual(['@pool/core/interfaces', '@pool/core/kit/universal'])
})
