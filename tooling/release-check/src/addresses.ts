import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Writes into each package where it comes from: `homepage`, `repository` and `bugs` into the manifest, and the address before each
 * relative link of the README, which leads nowhere from a package's page otherwise. For the checkout that is published, not to be committed.
 * @param repository - the address of the repository, such as `https://github.com/owner/name`
 */
export function writeAddresses(root: string, repository: string): void {
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join(root, 'packages', name)
    const path = join(folder, 'package.json')
    if (!existsSync(path)) continue
    const { name: packageName, version, description, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    const addresses = {
      homepage: `${repository}/tree/main/packages/${name}#readme`,
      repository: { type: 'git', url: `git+${repository}.git`, directory: `packages/${name}` },
      bugs: { url: `${repository}/issues` }
    }
    writeFileSync(path, `${JSON.stringify({ name: packageName, version, description, ...addresses, ...rest }, null, 2)}\n`)
    const readme = join(folder, 'README.md')
    writeFileSync(readme, absoluteLinks(readFileSync(readme, 'utf8'), repository, `packages/${name}`))
  }
}

/** Markdown of a folder of the repository, with an absolute address for each relative link outside code. */
export function absoluteLinks(markdown: string, repository: string, folder: string): string {
  // Fenced code, a link or picture, or inline code: the one that begins first is read first, so that a link in code is code, and code in a label is a label.
  const pieces = /^```.*?^```$|(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^)\s]+)\)|`[^`\n]+`/gms
  return markdown.replace(pieces, (piece, picture: string, label: string, target: string | undefined) => {
    if (target === undefined) return piece
    const address = new URL(target, `${repository}/${picture ? 'raw' : 'blob'}/main/${folder}/`)
    return `${picture}[${label}](${address})`
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { GITHUB_SERVER_URL: server = 'https://github.com', GITHUB_REPOSITORY: repository } = process.env
  if (repository === undefined) {
    process.stderr.write('Set GITHUB_REPOSITORY to owner/name: published packages say where they come from.\n')
    process.exit(1)
  }
  writeAddresses(fileURLToPath(new URL('../../..', import.meta.url)), `${server}/${repository}`)
}
