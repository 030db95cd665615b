import { SizeClassPool } from '@pool/core'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../../src/logger.js'
import { Quarantine, quarantineQueue } from '../../src/quarantine/quarantine.js'
import { startUnderTest, until } from '../gateway-under-test.js'

const verdict = { index: 0, offset: 0, bytes: 5, verdict: 'threat', findings: [] } as const
const nowhere = 'redis://127.0.0.1:1'

describe.concurrent('a quarantine without Redis', () => {
  test('drops what it has no memory for, counts it, and complains once', async () => {
    const lines: string[] = []
    const pool = new SizeClassPool({ name: 'small', sizes: [65_536], maxLiveBytes: 65_536, clear: 'never' })
    const logger = createLogger('info', { write: (line) => void lines.push(line) })
    const quarantine = new Quarantine(quarantineQueue(nowhere, 'q', pool, 1024), pool, logger)
    for (let turn = 0; turn < 5; turn += 1) quarantine.keep(Buffer.from('bytes'), verdict)
    expect(quarantine.dropped).toBe(4)
    expect(lines.filter((line) => line.includes('did not get into'))).toHaveLength(1)
    expect(lines.join()).not.toContain('bytes"')
    await quarantine.close()
    await until(() => quarantine.dropped === 5, 'the last one is dropped too')
    expect(pool.stats().inUse).toBe(0)
    expect(quarantine.kept).toBe(0)
    pool.destroy()
  })

  test('changes nothing about the verdicts of a stream, and lets the gateway end', async () => {
    const gateway = await startUnderTest({ QUEUE_URL: nowhere })
    const body = `${'<script>alert(1)</script>'}\nhello\n`
    const headers = { 'content-type': 'application/octet-stream' }
    const answer = await fetch(new URL('/ingest?framing=newline', gateway.url), { method: 'POST', headers, body })
    const verdicts = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).verdict)
    expect(verdicts).toEqual(['threat', 'clean'])
    expect(await gateway.close()).toBe(true)
  })
})
