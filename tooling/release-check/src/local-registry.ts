import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../../redis-testbed/src/free-port.js'

/** A registry on this machine, for our packages alone. */
export interface LocalRegistry {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts verdaccio on a free port, its storage in `folder`. It knows no other registry: the dependencies of our packages come from npm's
 * usual source. Every client may publish, without a login.
 */
export async function startRegistry(tools: string, folder: string): Promise<LocalRegistry> {
  mkdirSync(folder, { recursive: true })
  const rights = { access: '$all', publish: '$all', unpublish: '$all' }
  const config = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: {},
    packages: { '@pool/*': rights },
    web: { enable: false },
    log: { type: 'stdout', level: 'error' }
  }
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const program = join(tools, 'node_modules/verdaccio/bin/verdaccio')
  const child = spawn(process.execPath, [program, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let log = ''
  child.stdout.on('data', (chunk) => (log += chunk))
  child.stderr.on('data', (chunk) => (log += chunk))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill()
    await ended
  }
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`the local registry did not start:\n${log}`)
    const answered = await fetch(`${url}/-/ping`).then(
      (response) => response.ok,
      () => false
    )
    if (answered) return { url, stop }
    await setTimeout(100)
  }
  await stop()
  throw new Error(`the local registry did not answer within a minute:\n${log}`)
}
