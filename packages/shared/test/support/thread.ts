import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type TransferListItem, Worker } from 'node:worker_threads'

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api')).href.replace(/\.cjs$/, '.mjs')

/** Starts a worker of TypeScript: one started with `--import tsx` does not have it on Node 20. */
export function startThread(module: URL, workerData: unknown, transferList: TransferListItem[] = []): Worker {
  const code = `import('${loader}').then(({ register }) => { register(); return import('${module.href}') })`
  return new Worker(code, { eval: true, workerData, transferList })
}
