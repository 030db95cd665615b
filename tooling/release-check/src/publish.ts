import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeAddresses } from './addresses.js'
import { inTwos } from './in-twos.js'
import { runProgram } from './run-program.js'

/** A package of the workspace as it was published. */
export interface Published {
  readonly name: string
  readonly version: string
  /** Its folder in the copy of the workspace. */
  readonly folder: string
}

/**
 * Releases the built packages of the workspace from a copy of it: turns the changesets into versions and changelogs, writes addresses, and publishes each
 * package to `registryUrl`. The workspace itself stays as it is.
 */
export async function publishAll(root: string, copy: string, registryUrl: string): Promise<Published[]> {
  copyWorkspace(root, copy)
  await must('changesets', join(root, 'node_modules/.bin/changeset'), ['version'], copy)
  writeAddresses(copy, 'https://repository.example/owner/name')
  const host = registryUrl.replace(/^http:/, '')
  const publish = async (folder: string): Promise<Published> => {
    writeFileSync(join(folder, '.npmrc'), `@pool:registry=${registryUrl}/\n${host}/:_authToken=none\n`)
    await must('publish', 'pnpm', ['publish', '--no-git-checks', '--ignore-scripts', '--registry', `${registryUrl}/`], folder)
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string }
    return { name, version, folder }
  }
  return inTwos(packageFolders(copy), publish)
}

async function must(what: string, program: string, parameters: readonly string[], folder: string): Promise<void> {
  const { ok, log } = await runProgram(program, parameters, { folder, environment: { npm_config_verify_deps_before_run: 'false' } })
  if (!ok) throw new Error(`${what} failed in ${folder}:\n${log}`)
}

function packageFolders(root: string): string[] {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
}

/** Copies the files that a release reads. Our packages find each other in the copy by links, as in an installed workspace. */
function copyWorkspace(root: string, copy: string): void {
  mkdirSync(copy, { recursive: true })
  const skipped = /\/(?:node_modules|\.turbo|test|bench)$/
  for (const name of ['package.json', 'pnpm-workspace.yaml', '.changeset', 'packages', 'apps', 'tooling']) {
    cpSync(join(root, name), join(copy, name), { recursive: true, filter: (path) => !skipped.test(path) })
  }
  for (const folder of packageFolders(copy)) {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
    for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
      if (!range.startsWith('workspace:')) continue
      const target = join(folder, 'node_modules', name)
      mkdirSync(dirname(target), { recursive: true })
      symlinkSync(join(copy, name.replace('@pool/', 'packages/').replace('@tooling/', 'tooling/')), target, 'dir')
    }
  }
}

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly devDependencies?: Record<string, string>
}
