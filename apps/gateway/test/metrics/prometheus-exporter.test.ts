import { BufferPool, PoolManager } from '@pool/core'
import express from 'express'
import { afterEach, expect, test } from 'vitest'
import { readConfig } from '../../src/config.js'
import { createHttpServer, listen } from '../../src/http/http-server.js'
import { exportToPrometheus } from '../../src/metrics/prometheus-exporter.js'

const manager = new PoolManager()

afterEach(() => manager.destroyAll())

test('shows pools that are made later, two exporters side by side, and nothing any more once stopped', async () => {
  const [first, second] = [exportToPrometheus(manager), exportToPrometheus(manager)]
  const { server } = createHttpServer(readConfig({}))
  const app = express()
  if (first.page !== undefined) app.get('/first', first.page)
  if (second.page !== undefined) app.get('/second', second.page)
  server.on('request', app)
  const url = await listen(server, '127.0.0.1', 0)
  const pageAt = async (path: string) => (await fetch(`${url}/${path}`)).text()
  manager.add(new BufferPool({ name: 'late', bufferSize: 64 }))
  expect(await pageAt('first')).toContain('buffer_pool_live_bytes{pool="late",kind="buffer"}')
  await first.stop()
  expect(await pageAt('first')).not.toContain('buffer_pool')
  expect(await pageAt('second')).toContain('buffer_pool_live_bytes{pool="late",kind="buffer"}')
  await second.stop()
  server.close()
  server.closeAllConnections()
})
