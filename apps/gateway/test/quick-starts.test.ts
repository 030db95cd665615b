import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@tooling/redis-testbed/free-port'
import ts from 'typescript'
import { expect, it } from 'vitest'

/** The packages that a web service installs together, in the order in which their quick starts are pasted. */
const packages = ['metrics-prometheus', 'express', 'core', 'stream', 'secure', 'metrics-otel']

/** The first block of code of a package's README, as imports and what follows them. */
function quickStart(name: string): { imports: string; body: string } {
  const readme = readFileSync(new URL(`../../../packages/${name}/README.md`, import.meta.url), 'utf8')
  const block = /^## Quick start\n[\s\S]*?```ts\n([\s\S]*?)```/m.exec(readme)?.[1]
  if (block === undefined) throw new Error(`the README of ${name} has no quick start`)
  const imports = block.match(/^import [\s\S]*?'$/gm) ?? []
  return { imports: imports.join('\n'), body: imports.reduce((rest, statement) => rest.replace(statement, ''), block) }
}

/** All quick starts in one module: their imports, each name once, then each in a scope of its own. */
function program(): string {
  const starts = packages.map(quickStart)
  const names = new Map<string, Set<string>>()
  for (const { imports } of starts) {
    for (const [, what, from] of imports.matchAll(/^import ([\s\S]*?) from '(.*)'$/gm)) {
      const known = names.get(from as string) ?? new Set()
      const listed = /^\{([\s\S]*)\}$/.exec(what as string)?.[1]?.split(',') ?? [`default as ${what}`]
      for (const one of listed) known.add(one.trim())
      names.set(from as string, known)
    }
  }
  const imports = [...names].map(([from, known]) => `import { ${[...known].join(', ')} } from '${from}'`)
  const source = [...imports, ...starts.map(({ body }) => `{\n${body}\n}`)].join('\n')
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
  })
  return outputText
}

it('compose: pasted into one program, the quick starts of the packages show the pools of each other', { timeout: 120_000 }, async () => {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, ['--conditions=@pool/source', '--import=tsx', '--input-type=module', '--eval', program()], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: String(port), METRICS_PORT: String(metricsPort) },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const ended = once(child, 'exit')
  const get = (url: string, init?: RequestInit) => fetch(url, init).then((answer) => answer.text())
  try {
    const headers = { 'content-type': 'application/octet-stream' }
    let answer: string | undefined
    let page = ''
    const isUp = () => answer !== undefined && page.includes('pool="messages"')
    for (let attempts = 0; !isUp() && attempts < 1000 && child.exitCode === null; attempts++) {
      await sleep(100)
      answer = await get(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: 'hello' }).catch(() => undefined)
      page = await get(`http://127.0.0.1:${metricsPort}/`).catch(() => '')
    }
    expect(answer, complaints).toBe('5 bytes')
    for (const pool of ['uploads', 'bodies', 'messages']) expect(page, complaints).toContain(`buffer_pool_gets_total{pool="${pool}"`)
  } finally {
    child.kill()
    await ended
  }
})
