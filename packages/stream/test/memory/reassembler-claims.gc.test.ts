import { setTimeout as sleep } from 'node:timers/promises'
import { SizeClassPool } from '@pool/core'
import { MessageReassembler } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/fragments/crc32.js'
import { encodeHeader } from '../../src/fragments/fragment-header.js'

const mebibytes10 = 10 * 1024 * 1024

/** What the heap and all buffers take after a collection. */
async function usedBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc?.()
    await sleep(1)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The last fragment of a message, which alone may be short. */
function claim(messageId: number, totalBytes: number, pieceBytes: number, bytes: number): Buffer {
  const index = Math.ceil(totalBytes / pieceBytes) - 1
  return Buffer.concat([encodeHeader({ messageId: BigInt(messageId), totalBytes, pieceBytes, index, checksum: 1 }), Buffer.alloc(bytes)])
}

describe('what peers claim', () => {
  it('costs at most 4 KiB for each of 5 000 messages of 10 MiB of which 6 bytes came', async () => {
    const pool = new SizeClassPool({ maxSize: 10_000 })
    const reassembler = new MessageReassembler({ pool, maxPartialMessages: 5000, maxMessageBytes: mebibytes10 })
    const pieces = 16_384
    const totalBytes = mebibytes10 - pieces + 6
    const before = await usedBytes()
    for (let id = 0; id < 5000; id++) reassembler.add(claim(id, totalBytes, pieces, 6))
    const each = ((await usedBytes()) - before) / 5000
    expect(reassembler.stats()).toMatchObject({ partialMessages: 5000, partialBytes: 30_000 })
    expect(each).toBeLessThan(4096)
    reassembler.close()
    expect(pool.stats().inUse).toBe(0)
    pool.destroy()
  })

  it('costs no more objects than bytes: 200 000 fragments of a byte are refused, and longer ones bring their bytes', async () => {
    const pool = new SizeClassPool()
    const reassembler = new MessageReassembler({ pool, maxPartialBytes: mebibytes10 })
    const before = await usedBytes()
    let refused = 0
    for (let index = 0; index < 200_000; index++) {
      const header = encodeHeader({ messageId: BigInt(index % 100), totalBytes: 1_000_000, pieceBytes: 1, index, checksum: 1 })
      try {
        reassembler.add(Buffer.concat([header, Buffer.alloc(1)]))
      } catch {
        refused++
      }
    }
    expect(refused).toBe(200_000)
    expect(reassembler.stats()).toMatchObject({ partialMessages: 0, malformed: 200_000 })
    const piece = Buffer.alloc(256, 1)
    const count = mebibytes10 / 256
    for (let index = 0; index * 2 < count - 2; index++) {
      reassembler.add(Buffer.concat([encodeHeader({ messageId: 1n, totalBytes: mebibytes10, pieceBytes: 256, index, checksum: 1 }), piece]))
    }
    const { partialBytes } = reassembler.stats()
    expect(partialBytes).toBeLessThan(mebibytes10)
    // A view and its place in a map for each, beside the 256 bytes.
    expect((await usedBytes()) - before).toBeLessThan(3 * partialBytes)
    reassembler.close()
    expect(pool.stats().inUse).toBe(0)
    pool.destroy()
  })

  it('costs nothing once messages were whole, but for those remembered: 100 000 of as many sources', async () => {
    const pool = new SizeClassPool()
    const reassembler = new MessageReassembler({ pool, minPieceBytes: 1, maxRecentMessages: 100 })
    const send = (count: number) => {
      for (let sent = 0; sent < count; sent++) {
        const source = { sent }
        const header = { messageId: 1n, totalBytes: 8, pieceBytes: 4, checksum: crc32(Buffer.alloc(8)) }
        for (const index of [0, 1]) reassembler.add(Buffer.concat([encodeHeader({ ...header, index }), Buffer.alloc(4)]), source)?.release()
      }
    }
    send(1000)
    const before = await usedBytes()
    send(100_000)
    expect((await usedBytes()) - before).toBeLessThan(500_000)
    expect(reassembler.stats()).toMatchObject({ messages: 101_000, recentMessages: 100, partialMessages: 0 })
    reassembler.close()
    expect(pool.stats().inUse).toBe(0)
    pool.destroy()
  })
})
