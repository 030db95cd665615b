import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkRules, describeProblems } from '../src/rules.js'

const roots: string[] = []

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

function manifest(name: string, more: object = {}): string {
  return JSON.stringify({
    name,
    sideEffects: false,
    engines: { node: '>=20.19' },
    exports: { './package.json': './package.json' },
    ...more
  })
}

const sound: Record<string, string> = {
  'package.json': manifest('root'),
  'CONTRIBUTING.md': 'You need Node 20.19.\n',
  'packages/core/package.json': manifest('@pool/core'),
  'packages/core/README.md': '| code | cure |\n| `ERR_POOL_CLOSED` | open another |\nNode 20.19 and newer.\n',
  'packages/core/LICENSE': 'MIT',
  'packages/core/test/errors.test.ts': "import '@pool/core'\n",
  'packages/core/bench/acquire.bench.ts': "import '@pool/core'\n",
  'packages/core/src/index.ts': "import 'node:events'\nexport * from './interfaces.js'\n",
  'packages/core/src/interfaces.ts': "export * from './errors.js'\nexport * from './interfaces/lease.js'\n",
  'packages/core/src/interfaces/lease.ts': 'export interface Lease {}\n',
  'packages/core/src/errors.ts': "export const closed = 'ERR_POOL_CLOSED'\n",
  'packages/stream/package.json': manifest('@pool/stream', { dependencies: { '@pool/core': 'workspace:^' } }),
  'packages/stream/README.md': 'Node 20.19 and newer.\n',
  'packages/stream/LICENSE': 'MIT',
  'packages/stream/test/framing.test.ts': "import { it } from 'vitest'\nimport '../src/index.js'\nit\n",
  'packages/stream/bench/framing.bench.ts': '',
  'packages/stream/src/index.ts': "import '@pool/core/interfaces'\n",
  'apps/gateway/package.json': manifest('@pool/gateway'),
  'apps/gateway/src/main.ts': "import '@pool/core'\nimport '@pool/stream'\n"
}

/** The problems of the sound tree after `changes`; `null` takes a file away. */
function problemsWith(changes: Record<string, string | null>): string {
  const root = mkdtempSync(join(tmpdir(), 'repo-checks-'))
  roots.push(root)
  for (const [file, text] of Object.entries({ ...sound, ...changes })) {
    if (text === null) continue
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text.replaceAll('{root}', root))
  }
  return describeProblems(checkRules(root)).replaceAll(/ {2,}/g, ' ')
}

describe('the rules of the tree', () => {
  it('have nothing against a sound tree', () => {
    expect(problemsWith({})).toBe('')
  })

  it('let a comment ask a question, and a heading or a link name one', () => {
    expect(problemsWith({ 'packages/core/src/stock.ts': '// What if none is free? Then the acquire waits.\n' })).toBe('')
    const guide = '---\ntitle: Who owns it\n---\n\n## Who owns it\n\nSee [What a check costs](b.md). What if none is free?\n'
    expect(problemsWith({ 'docs/guides/a.md': guide })).toBe('')
  })

  it.each<[rule: string, changes: Record<string, string | null>, problem: string]>([
    [
      'a cycle',
      { 'packages/core/src/errors.ts': "export type { a } from './index.js'\n// ERR_POOL_CLOSED" },
      'import-cycle packages/core/src/'
    ],
    [
      'a sibling',
      { 'packages/stream/src/index.ts': "import '@pool/secure'\n" },
      'boundary packages/stream/src/index.ts: imports a sibling'
    ],
    ['a sibling of a test', { 'packages/stream/test/a.test.ts': "import '@pool/secure'\n" }, 'boundary packages/stream/test/a.test.ts'],
    [
      'core on a package',
      { 'packages/core/src/index.ts': "import '@pool/stream'\n" },
      'boundary packages/core/src/index.ts: imports a sibling'
    ],
    ['a way around', { 'packages/stream/src/index.ts': "import '../../core/src/errors.js'\n" }, 'outside its package'],
    ['unshipped source', { 'packages/core/src/index.ts': "import '../test/errors.test.js'\n" }, 'which is not shipped'],
    [
      'interfaces that import',
      { 'packages/core/src/interfaces/lease.ts': "import type {} from '../errors.js'\n" },
      'interfaces packages/core/src/interfaces/lease.ts'
    ],
    ['Node below interfaces', { 'packages/core/src/errors.ts': "import 'node:util'\n// ERR_POOL_CLOSED" }, 'reaches node:util'],
    ['Node by its bare name', { 'packages/core/src/errors.ts': "import 'util'\n// ERR_POOL_CLOSED" }, 'reaches util'],
    ['a long file', { 'packages/core/src/long.ts': 'a\n'.repeat(401) }, 'file-length packages/core/src/long.ts: 401 lines'],
    ['a vague name', { 'packages/core/src/utils.ts': '' }, 'file-name packages/core/src/utils.ts: "utils"'],
    ['a vague folder', { 'apps/gateway/src/helpers/a.ts': '' }, 'file-name apps/gateway/src/helpers/a.ts: "helpers"'],
    ['camel case', { 'packages/core/src/sizeClass.ts': '' }, 'kebab-case'],
    ['a stray at the top', { 'scripts/run.sh': '' }, 'top-level scripts/run.sh'],
    ['no README', { 'packages/stream/README.md': null }, 'package-contents packages/stream: lacks README.md'],
    ['no LICENSE', { 'packages/stream/LICENSE': null }, 'lacks LICENSE'],
    ['no test', { 'packages/stream/test/framing.test.ts': null }, 'lacks a test'],
    ['no benchmark', { 'packages/stream/bench/framing.bench.ts': null }, 'lacks a benchmark'],
    [
      'an unknown code',
      { 'packages/core/src/errors.ts': '// ERR_POOL_CLOSED ERR_POOL_NEW' },
      'error-codes packages/core/src/errors.ts: ERR_POOL_NEW has no row'
    ],
    ['a stale row', { 'packages/core/src/errors.ts': '' }, 'ERR_POOL_CLOSED has a row'],
    ['a peer', { 'packages/stream/package.json': manifest('@pool/stream', { peerDependencies: { '@pool/core': '*' } }) }, 'as a peer'],
    [
      'a pinned core',
      { 'packages/stream/package.json': manifest('@pool/stream', { dependencies: { '@pool/core': '1' } }) },
      'not workspace:^'
    ],
    ['a document without a subject', { 'docs/guides/a.md': 'Nobody waits.\n' }, 'english docs/guides/a.md:1: "Nobody"'],
    [
      'a comment without a subject',
      { 'packages/core/src/errors.ts': "const nobody = 'ERR_POOL_CLOSED' // whoever waits\n" },
      'english packages/core/src/errors.ts:1: "whoever"'
    ],
    [
      'a statement that begins with What',
      { 'packages/core/src/stock.ts': '/** The pool grew. What came of it. */\n' },
      'english packages/core/src/stock.ts:1: "What"'
    ],
    [
      'a sentence of a document that begins with Who',
      { 'docs/guides/a.md': '# Who waits\n\nThe pool is full. Who waits is served first.\n' },
      'english docs/guides/a.md:3: "Who"'
    ],
    [
      'a clause of a decision that begins with what',
      { 'docs/decisions/0001-a.md': 'The pool is full; what waits is served first. What waits? The first.\n' },
      'english docs/decisions/0001-a.md:1: "; what"'
    ],
    ['a path of this machine', { 'docs/a.md': 'see {root}/packages' }, 'machine-path docs/a.md'],
    [
      'a floor of its own',
      { 'packages/stream/package.json': manifest('@pool/stream', { engines: { node: '>=18' } }) },
      'node-floor packages/stream'
    ],
    ['no floor', { 'package.json': '{}' }, 'node-floor package.json'],
    ['a document without the floor', { 'CONTRIBUTING.md': 'You need Node.\n' }, 'node-floor CONTRIBUTING.md: does not say'],
    ['a registry in the lockfile', { 'pnpm-lock.yaml': 'resolution: {tarball: a}' }, 'lockfile pnpm-lock.yaml']
  ])('refuse %s', (_rule, changes, problem) => {
    expect(problemsWith(changes)).toContain(problem)
  })
})
