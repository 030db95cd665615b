import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.js'
import { type GatewayUnderTest, startUnderTest } from './gateway-under-test.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

interface Example {
  readonly command: string
  /** What the README shows beneath the command, when it is JSON: a value for each line. */
  readonly shown: readonly unknown[]
}

const parseLines = (text: string): unknown[] => text.split('\n').map((line) => JSON.parse(line) as unknown)

const examples = [...readme.matchAll(/```sh\n((?:printf .* \| )?curl .*)\n```\n(?:\n```json\n((?:.+\n)+)```\n)?/g)].map(
  ([, command, shown]): Example => ({ command: command as string, shown: shown === undefined ? [] : parseLines(shown.trimEnd()) })
)

let gateway: GatewayUnderTest

beforeAll(async () => {
  gateway = await startUnderTest({ DEMO_USER: 'on', FILES_DIR: fileURLToPath(new URL('../../../docs/decisions', import.meta.url)) })
})

afterAll(async () => {
  await gateway.close()
})

const curlIsMissing = spawnSync('curl', ['--version']).error !== undefined

/** Ids differ each time, and the README leaves findings out. */
function expectShown(answer: unknown, shown: unknown): void {
  if (typeof shown !== 'object') {
    expect(answer).toBe(shown)
    return
  }
  const [actual, expected] = [answer as Record<string, unknown>, { ...(shown as { findings?: unknown[]; requestId?: string }) }]
  expect(Object.keys(actual)).toEqual(Object.keys(expected))
  if (expected.requestId !== undefined) expected.requestId = actual.requestId as string
  if (expected.findings !== undefined) expected.findings = expect.arrayContaining(expected.findings) as unknown[]
  expect(actual).toMatchObject(expected)
}

describe.skipIf(curlIsMissing)('the curl lines of the README (skipped where there is no curl)', () => {
  test('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(17)
  })

  test.each(examples)('$command', async ({ command, shown }) => {
    // Run as a shell would when it is pasted; only the port differs. Not synchronously: the gateway lives in this process.
    const pasted = command.replaceAll('http://localhost:3000', gateway.url)
    const output = await new Promise<string>((resolve, reject) => {
      execFile('sh', ['-c', pasted], (error, stdout) => (error === null ? resolve(stdout) : reject(error)))
    })
    expect(output).not.toBe('')
    if (shown.length === 0) {
      expect(output).not.toContain('"error"')
      return
    }
    const answers = parseLines(output.trimEnd())
    expect(answers).toHaveLength(shown.length)
    for (const [index, answer] of answers.entries()) expectShown(answer, shown[index])
  })
})

describe('the table of variables', () => {
  const configuration = readme.slice(readme.indexOf('## Configuration'))
  const rows = new Map(
    [...configuration.matchAll(/^\| `([A-Z_]+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name as string, value as string])
  )
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
