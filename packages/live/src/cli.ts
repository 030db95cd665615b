#!/usr/bin/env node
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { livePage } from './live-page.js'
import { RemoteStats } from './remote-stats.js'

const usage = `pool-live <url> [--port <port>]

Shows the pools of a running program, live, in a page on this machine.

  <url>    a stats route of the program, such as http://localhost:3000/metrics/memory-pools
  --port   where the page is served, 0..65535; default: a free port
`

async function main(): Promise<void> {
  const { url, port } = settings()
  const stats = new RemoteStats(url)
  await stats.read()
  const page = livePage({ pools: stats, process: false })
  const server = createServer(page)
  server.on('error', ({ message }) => fail(`the page can't be served: ${message}. Give another --port.`))
  server.listen(port, '127.0.0.1', () => {
    console.log(`The pools of ${url} are shown on http://localhost:${(server.address() as { port: number }).port}/. Ctrl-C ends this.`)
  })
  let complaint = ''
  setInterval(async () => {
    // The program is left in peace while no page looks.
    if (page.viewers === 0) return
    const { message } = await stats.read().then(
      () => ({ message: '' }),
      (error: Error) => error
    )
    if (message !== complaint) console.error(message === '' ? 'It answers again.' : message)
    complaint = message
  }, 1000)
}

function settings(): { readonly url: string; readonly port: number } {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse()
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`)
  }
  const { values, positionals } = parsed
  if (values.help) {
    console.log(usage)
    process.exit(0)
  }
  const [url = '', ...rest] = positionals
  if (rest.length > 0 || !/^https?:\/\//.test(url) || !URL.canParse(url)) return fail(`<url> must be one http or https URL.\n\n${usage}`)
  const port = Number(values.port)
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) return fail('--port must be an integer in 0..65535.')
  return { url, port }
}

function parse() {
  return parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string', default: '0' }, help: { type: 'boolean', short: 'h', default: false } }
  })
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

main().catch((error: Error) => fail(error.message))
