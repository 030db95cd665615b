import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { absoluteLinks, writeAddresses } from '../src/addresses.js'

const repository = 'https://host.example/owner/name'

describe('the addresses of a published package', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'addresses-'))
    mkdirSync(join(root, 'packages/core'), { recursive: true })
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it('are in its manifest, and all else stays', () => {
    const path = join(root, 'packages/core/package.json')
    writeFileSync(path, JSON.stringify({ name: '@pool/core', version: '1.0.0', description: 'Pools', license: 'MIT' }))
    writeFileSync(join(root, 'packages/core/README.md'), '[core](../../docs/guide.md)\n')
    writeAddresses(root, repository)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      name: '@pool/core',
      version: '1.0.0',
      description: 'Pools',
      homepage: `${repository}/tree/main/packages/core#readme`,
      repository: { type: 'git', url: `git+${repository}.git`, directory: 'packages/core' },
      bugs: { url: `${repository}/issues` },
      license: 'MIT'
    })
    expect(readFileSync(join(root, 'packages/core/README.md'), 'utf8')).toBe(`[core](${repository}/blob/main/docs/guide.md)\n`)
  })

  it('stand before relative links and pictures, and not before others, nor in code', () => {
    const absolute = (markdown: string) => absoluteLinks(markdown, repository, 'packages/net')
    expect(absolute('[a](../core/README.md#errors), [`b`](bench/x.ts)')).toBe(
      `[a](${repository}/blob/main/packages/core/README.md#errors), [\`b\`](${repository}/blob/main/packages/net/bench/x.ts)`
    )
    expect(absolute('![p](../../docs/p.svg)')).toBe(`![p](${repository}/raw/main/docs/p.svg)`)
    for (const same of ['[a](https://x.example/y)', '[a](#options)', '[a](mailto:a@b.example)', '`a[0](b)`', '```ts\na[0](b)\n```']) {
      expect(absolute(same)).toBe(same)
    }
  })
})
