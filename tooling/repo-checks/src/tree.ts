import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const skipped = new Set(['node_modules', 'dist', 'coverage', '.git', '.turbo', 'api'])

/** The files below `folder` that people write, as paths from `root` with forward slashes. */
export function listFiles(root: string, folder = ''): string[] {
  const files: string[] = []
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isFile()) files.push(path)
    else if (entry.isDirectory() && !skipped.has(entry.name)) files.push(...listFiles(root, path))
  }
  return files.sort()
}

/** The folders of `packages/` or `apps/` that hold a package. */
export function listPackages(root: string, group: 'packages' | 'apps'): string[] {
  if (!existsSync(join(root, group))) return []
  return readdirSync(join(root, group))
    .filter((name) => existsSync(join(root, group, name, 'package.json')))
    .map((name) => `${group}/${name}`)
}

/** A file's text. */
export function readText(root: string, file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
