import { BufferPool } from '@pool/core'
import { pooledFileChunks, readFilePooled } from '@pool/stream'
import { expect, it, vi } from 'vitest'
import { openFiles } from './support/open-files.js'
import { TempFolder } from './support/temp-folder.js'

const broken = new Error('broken close')

// A close that fails after it closed: no real file does that on demand.
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>()
  const open: typeof actual.open = async (...all) => {
    const handle = await actual.open(...all)
    const close = handle.close
    handle.close = async () => {
      await close.call(handle)
      throw broken
    }
    return handle
  }
  return { ...actual, open }
})

const path = new TempFolder().file('contents')
const pool = new BufferPool({ bufferSize: 1000 })

it('reports a failing close of a whole file, and gives the memory back', async () => {
  await expect(readFilePooled(path, { pool })).rejects.toBe(broken)
  expect(pool.stats().inUse).toBe(0)
  expect(openFiles()).toEqual([])
})

it('reports a failing close after the last chunk', async () => {
  const reading = pooledFileChunks(path, { pool, chunkBytes: 1000 })
  ;(await reading.next()).value?.release()
  await expect(reading.next()).rejects.toBe(broken)
  expect(await reading.next()).toEqual({ done: true, value: undefined })
  await reading.closed
  expect(pool.stats().inUse).toBe(0)
})
