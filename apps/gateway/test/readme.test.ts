import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.js'
import { type GatewayUnderTest, startUnderTest } from './gateway-under-test.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

interface Example {
  readonly command: string
  /** What the README shows beneath the command, when it is JSON. */
  readonly shown: unknown
}

const examples = [...readme.matchAll(/```sh\n(curl .*)\n```\n(?:\n```json\n(.*)\n```\n)?/g)].map(
  ([, command, shown]): Example => ({ command: command as string, shown: shown === undefined ? undefined : JSON.parse(shown) })
)

let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startUnderTest({ DEMO_USER: 'on' })
})

afterAll(async () => {
  await gateway.close()
})

const curlIsMissing = spawnSync('curl', ['--version']).error !== undefined

describe.skipIf(curlIsMissing)('the curl lines of the README (skipped where there is no curl)', () => {
  test('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(11)
  })

  test.each(examples)('$command', async ({ command, shown }) => {
    // Run as a shell would when it is pasted; only the port differs. Not synchronously: the gateway lives in this process.
    const pasted = command.replaceAll('http://localhost:3000', gateway.url)
    const output = await new Promise<string>((resolve, reject) => {
      execFile('sh', ['-c', pasted], (error, stdout) => (error === null ? resolve(stdout) : reject(error)))
    })
    expect(output).not.toBe('')
    if (shown === undefined) {
      expect(output).not.toContain('"error"')
      return
    }
    const answer = JSON.parse(output) as Record<string, unknown>
    if (typeof shown !== 'object') {
      expect(answer).toBe(shown)
      return
    }
    const expected = shown as { findings?: unknown[]; requestId?: string }
    expect(Object.keys(answer)).toEqual(Object.keys(expected))
    if (expected.requestId !== undefined) expected.requestId = answer.requestId as string
    if (expected.findings !== undefined) expected.findings = expect.arrayContaining(expected.findings) as unknown[]
    expect(answer).toMatchObject(expected)
  })
})

describe('the table of variables', () => {
  const rows = new Map([...readme.matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name as string, value as string]))
  const defaults = readConfig({}) as Readonly<Record<string, unknown>>
  const nameOf = (property: string) => property.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()

  test('has each variable, with its default', () => {
    const unset = (property: string) => (property === 'host' ? 'every address' : 'none')
    const expected = Object.entries(defaults).map(([property, value]) => [
      nameOf(property),
      value === undefined ? unset(property) : String(value)
    ])
    expect([...rows]).toEqual(expected)
  })
})
