import { describe, expect, it } from 'vitest'
import { awaitInside, importedPackages, readQuickStart, toJavaScript } from '../src/quick-start.js'

const readme = `# A package

## Install

\`\`\`
npm install @pool/stream @pool/core
npm install sodium-native   # optional
\`\`\`

## Quick start

\`\`\`ts
import { once } from 'node:events'
import { BufferPool } from '@pool/core/kit'
import express from 'express'
import type { Lease } from '@pool/core'

const lease: Lease | undefined = await Promise.resolve(undefined)
console.log(lease, once, BufferPool, express)
\`\`\`

## Options

\`\`\`ts
not this
\`\`\`
`

describe('the quick start of a README', () => {
  const { install, program = '' } = readQuickStart(readme)

  it('is its first block of TypeScript, with the lines to install it by', () => {
    expect(install).toEqual([['@pool/stream', '@pool/core'], ['sodium-native']])
    expect(program).toMatch(/^import \{ once \}.*console\.log\(lease, once, BufferPool, express\)\n$/s)
  })

  it('is nothing where the README has no such part', () => {
    expect(readQuickStart('# A package\n')).toEqual({ install: [], program: undefined })
  })

  it('imports packages, whatever their entry, and parts of Node', () => {
    expect(importedPackages(program)).toEqual(['@pool/core', 'express'])
  })

  it('awaits inside a function as CommonJS, its imports before it', () => {
    const script = toJavaScript(awaitInside(program), 'cjs')
    expect(script).toContain('require("@pool/core/kit")')
    expect(script).not.toContain('require("@pool/core")')
    expect(() => new Function(script)).not.toThrow()
    expect(script).toMatch(/async function main\(\) \{\s+const lease = await/)
  })

  it('awaits at the top as a module', () => {
    expect(toJavaScript(program, 'esm')).toMatch(/^const lease = await/m)
  })
})
