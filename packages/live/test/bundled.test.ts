import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'live-bundle-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = `
import { createServer } from 'node:http'
import { livePage } from '@pool/live'
const server = createServer(livePage()).listen(0, '127.0.0.1', async () => {
  const answers = []
  for (const file of ['', 'live.js', 'uplot.js']) {
    const { status, text } = await fetch('http://127.0.0.1:' + server.address().port + '/' + file).then(async (one) => ({ status: one.status, text: await one.text() }))
    answers.push(status === 200 ? status : text)
  }
  console.log(JSON.stringify(answers))
  process.exit()
})
`

async function answersOf(format: 'esm' | 'cjs', beside: boolean): Promise<unknown[]> {
  const place = join(folder, `${format}-${beside}`)
  mkdirSync(join(place, 'node_modules/@pool'), { recursive: true })
  if (beside) symlinkSync(fileURLToPath(new URL('..', import.meta.url)), join(place, 'node_modules/@pool/live'))
  const outfile = join(place, 'dist', format === 'esm' ? 'main.mjs' : 'main.cjs')
  const stdin = { contents: program, resolveDir: import.meta.dirname }
  await build({ stdin, bundle: true, platform: 'node', format, outfile, conditions: ['@pool/source'], logLevel: 'silent' })
  return JSON.parse(execFileSync(process.execPath, [outfile], { encoding: 'utf8', env: { ...process.env, NODE_PATH: '' } }))
}

describe('livePage in a bundle', { timeout: 120_000 }, () => {
  it.each(['esm', 'cjs'] as const)('finds its files where the package is installed beside it, as %s', async (format) => {
    expect(await answersOf(format, true)).toEqual([200, 200, 200])
  })

  it('says what to do where they are not', async () => {
    const sentence = expect.stringContaining('install @pool/live beside it')
    expect(await answersOf('esm', false)).toEqual([sentence, sentence, sentence])
  })
})
