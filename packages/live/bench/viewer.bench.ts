import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { SizeClassPool } from '@pool/core'
import { livePage } from '@pool/live'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { cpuMs } from '../../../tooling/bench-kit/src/stretch-watch.js'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'

const viewer = (url: string) => `
  const { body } = await fetch('${url}')
  process.send('open')
  for await (const _ of body) {}
`

/** CPU of the process that serves the page, while none and while one page looks at 10 pools of 12 classes, in turn. */
export async function viewers(short: boolean): Promise<string> {
  const pools = Array.from({ length: 10 }, (_, at) => new SizeClassPool({ name: `pool ${at}`, minClassBytes: 512 }))
  for (const pool of pools) for (const size of [600, 5000, 70_000]) pool.release(pool.acquire(size))
  const page = livePage({ pools })
  const server = createServer(page).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live-samples`
  const [rounds, ms] = short ? [2, 2000] : [5, 5000]
  const shares: Record<'none' | 'one', number[]> = { none: [], one: [] }
  for (let round = 0; round < rounds; round++) {
    progress(`viewers, round ${round + 1} of ${rounds}`)
    await sleep(500)
    shares.none.push(await shareOf(ms))
    const child = spawn(process.execPath, ['--input-type=module', '--eval', viewer(url)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    await once(child, 'message')
    await sleep(1000)
    shares.one.push(await shareOf(ms))
    child.kill()
    await once(child, 'exit')
    while (page.viewers > 0) await sleep(10)
  }
  progress('')
  const bytes = await bytesOfPage(url)
  server.closeAllConnections()
  server.close()
  for (const pool of pools) pool.destroy()
  const [none, one] = [median(shares.none), median(shares.one)]
  return table(
    ['10 pools × 12 classes', 'median', 'bar'],
    [
      ['CPU of pools and Node while no page looks, % of a core', figure(none), ''],
      ['what one page that looks adds, % of a core', figure(one - none), verdict(one - none, { most: 1 })],
      ['the page and all its files, gzip, KB', figure(bytes / 1000), verdict(bytes / 1000, { most: 60 })]
    ]
  )
}

/** Share of a core that this process takes, in percent. */
async function shareOf(ms: number): Promise<number> {
  const before = cpuMs()
  await sleep(ms)
  return (100 * (cpuMs() - before)) / ms
}

async function bytesOfPage(url: string): Promise<number> {
  const files = [
    './',
    'live.css',
    'live.js',
    'charts.js',
    'history.js',
    'pool-table.js',
    'slab-map.js',
    'advice-row.js',
    'notice-list.js',
    'figures.js',
    'uplot.js',
    'uplot.css',
    'icon.svg'
  ]
  const bodies = await Promise.all(files.map(async (file) => (await fetch(new URL(file, url))).arrayBuffer()))
  return bodies.reduce((sum, body) => sum + gzipSync(new Uint8Array(body)).length, 0)
}
