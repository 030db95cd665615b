import { once } from 'node:events'
import { Writable } from 'node:stream'
import { SizeClassPool } from '@pool/core'
import { createMessageDecoder, type PooledMessage, writeLeased } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { framed } from '../support/frames.js'
import { pattern } from '../support/temp-folder.js'
import { until } from '../support/until.js'

const discarding = () => new Writable({ write: (_chunk, _encoding, callback) => callback() })

describe('writeLeased', () => {
  it('settles where a write that was replaced returns nothing: only false means full', async () => {
    const writable = discarding()
    const write = writable.write
    writable.write = ((...all: Parameters<typeof write>) => {
      write.apply(writable, all)
    }) as typeof write
    const pool = new SizeClassPool()
    await writeLeased(writable, pool.lease(10))
    expect(pool.stats().inUse).toBe(0)
  })

  it('still waits where a write that was replaced returns false', async () => {
    const writable = discarding()
    writable.write = () => false
    let isOver = false
    const writing = writeLeased(writable, new SizeClassPool().lease(10)).then(() => {
      isOver = true
    })
    await new Promise(setImmediate)
    expect(isOver).toBe(false)
    writable.emit('drain')
    await writing
  })

  it('settles where a class of the caller overrides write and returns nothing', async () => {
    class Counter extends Writable {
      // biome-ignore lint/suspicious/noExplicitAny: returns nothing, as careless code does.
      override write(...all: any[]): any {
        super.write(...(all as [Buffer]))
      }
      override _write(_chunk: Buffer, _encoding: string, callback: () => void): void {
        callback()
      }
    }
    const pool = new SizeClassPool()
    await writeLeased(new Counter(), pool.lease(10))
    await until(() => pool.stats().inUse === 0)
  })
})

it('leaves messages to listeners where an emit that was replaced returns nothing', async () => {
  const decoder = createMessageDecoder()
  const emit = decoder.emit.bind(decoder)
  decoder.emit = ((...all: Parameters<typeof emit>) => {
    emit(...all)
  }) as unknown as typeof emit
  const messages: PooledMessage[] = []
  decoder.on('data', (message) => messages.push(message))
  const sent = [pattern(10), pattern(20), pattern(30)]
  decoder.end(framed('u32be', sent))
  await once(decoder, 'end')
  expect(messages.map((message) => message.buffer.length)).toEqual([10, 20, 30])
  for (const message of messages) message.release()
})
