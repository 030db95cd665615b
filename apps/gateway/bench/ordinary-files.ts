import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'

/** One file that serves as the body of an ordinary request. */
export interface OrdinaryFile {
  readonly path: string
  readonly type: string
  readonly body: Buffer
}

/** Types by file name, with the content type that a client would send. Those in `HARDER` are reported, but apart. */
export const CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  html: 'text/html',
  md: 'text/markdown',
  js: 'text/javascript',
  mjs: 'text/javascript',
  ts: 'text/plain',
  tsx: 'text/plain',
  css: 'text/css',
  py: 'text/x-python',
  go: 'text/plain',
  rs: 'text/plain',
  java: 'text/plain',
  c: 'text/x-c',
  h: 'text/x-c',
  cpp: 'text/x-c',
  rb: 'text/plain',
  rst: 'text/plain',
  txt: 'text/plain',
  xml: 'application/xml',
  svg: 'image/svg+xml',
  yml: 'application/yaml',
  sh: 'text/x-shellscript',
  sql: 'application/sql',
  php: 'text/plain',
  pl: 'text/plain'
}

/** Types whose content resembles the material of attacks. */
export const HARDER: ReadonlySet<string> = new Set(['sh', 'sql', 'php', 'pl'])

const MAX_BYTES = 256 * 1024

/** Collects up to `perType` files of each known type below `directories`, chosen by hash of their paths; no content twice. */
export function collectOrdinaryFiles(directories: readonly string[], perType: number): readonly OrdinaryFile[] {
  const byType = new Map<string, string[]>()
  for (const entry of directories.flatMap((directory) => readdirSync(directory, { recursive: true, withFileTypes: true }))) {
    const type = extname(entry.name).slice(1)
    if (!entry.isFile() || CONTENT_TYPES[type] === undefined) continue
    const path = join(entry.parentPath, entry.name)
    const paths = byType.get(type)
    if (paths === undefined) byType.set(type, [path])
    else paths.push(path)
  }
  const seen = new Set<string>()
  const files: OrdinaryFile[] = []
  for (const type of Object.keys(CONTENT_TYPES)) {
    let taken = 0
    for (const path of (byType.get(type) ?? []).sort((a, b) => hash(a).localeCompare(hash(b)))) {
      if (taken === perType) break
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
      if (size === 0 || size > MAX_BYTES) continue
      const body = readFileSync(path)
      const content = hash(body)
      if (seen.has(content)) continue
      seen.add(content)
      files.push({ path, type, body })
      taken += 1
    }
  }
  return files
}

function hash(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
