import { once } from 'node:events'
import { Readable } from 'node:stream'
import { SizeClassPool } from '@pool/core'
import { createMessageDecoder, type MessageDecoder, type PooledMessage, pooledTransform } from '@pool/stream'
import { afterEach, describe, expect, it } from 'vitest'
import { framed, messageOf } from '../support/frames.js'
import { until } from '../support/until.js'

let pool = new SizeClassPool({ name: 'operators', clear: 'release' })
const lengths = Array.from({ length: 20 }, (_, index) => index + 1)

afterEach(async () => {
  const used = pool
  pool = new SizeClassPool({ clear: 'release' })
  await until(() => used.stats().inUse === 0)
  expect(used.stats()).toMatchObject({ inUse: 0, leaked: 0 })
  used.destroy()
})

/** Streams of 20 leases, the nth of n bytes, each in pooled memory. */
const sources: Record<string, () => Readable> = {
  MessageDecoder: () => {
    const decoder: MessageDecoder = createMessageDecoder({ pool, copyMessages: true })
    decoder.end(
      framed(
        'u32be',
        lengths.map((bytes) => messageOf(bytes))
      )
    )
    return decoder
  },
  PooledTransform: () =>
    Readable.from(lengths.map((bytes) => messageOf(bytes))).pipe(
      pooledTransform({ pool, output: 'lease', transform: (chunk, scratch) => chunk.copy(scratch) })
    )
}

/** Reads the length of a lease and releases it. */
function lengthOf(lease: PooledMessage): number {
  const { length } = lease.buffer
  lease.release()
  return length
}

function lengthsAsList(lease: PooledMessage): number[] {
  return [lengthOf(lease)]
}

async function lengthsOf(stream: Readable): Promise<number[]> {
  const found: number[] = []
  for await (const lease of stream) found.push(lengthOf(lease))
  return found
}

describe.each(Object.entries(sources))('the operators of a %s', (_, make) => {
  it('releases what drop() drops', async () => {
    expect(await lengthsOf(make().drop(15))).toEqual([16, 17, 18, 19, 20])
    expect(await lengthsOf(make().drop(30))).toEqual([])
  })

  it.each([[1], [3]])('loses nothing that map() read ahead of take(), %i at a time', async (concurrency) => {
    const numbers = make().map(lengthOf, { concurrency }).take(5)
    expect(await numbers.toArray()).toEqual([1, 2, 3, 4, 5])
    const leases = make().map(async (lease: PooledMessage) => lease, { concurrency })
    expect(await lengthsOf(leases.take(5))).toEqual([1, 2, 3, 4, 5])
  })

  it('releases what filter() refuses, and what it let pass and nobody took', async () => {
    const isEven = (lease: PooledMessage) => lease.buffer.length % 2 === 0
    expect(await lengthsOf(make().filter(isEven))).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20])
    expect(await lengthsOf(make().filter(isEven, { concurrency: 4 }).drop(1).take(2))).toEqual([4, 6])
  })

  it('releases what find(), some() and every() look at, but for what find() gives', async () => {
    const found = (await make().find((lease: PooledMessage) => lease.buffer.length === 7)) as PooledMessage
    expect(lengthOf(found)).toBe(7)
    expect(await make().some((lease: PooledMessage) => lease.buffer.length === 3)).toBe(true)
    expect(await make().some(() => false)).toBe(false)
    expect(await make().every((lease: PooledMessage) => lease.buffer.length < 3)).toBe(false)
    expect(await make().every(() => true)).toBe(true)
  })

  it('gives each lease to the function of forEach(), which owns it', async () => {
    const found: number[] = []
    await make().forEach((lease: PooledMessage) => void found.push(lengthOf(lease)), { concurrency: 2 })
    expect(found).toEqual(lengths)
  })

  it('releases all that is under way when the consumer breaks off, the function throws, or the signal aborts', async () => {
    for await (const lease of make()
      .map((value) => value, { concurrency: 5 })
      .drop(2)) {
      lease.release()
      break
    }
    const mistake = new Error('mistake')
    const failing = make().map((lease: PooledMessage) => {
      if (lease.buffer.length < 4) return lease
      lease.release()
      throw mistake
    })
    await expect(lengthsOf(failing)).rejects.toBe(mistake)
    await expect(
      lengthsOf(
        make().filter(() => {
          throw mistake
        })
      )
    ).rejects.toBe(mistake)
    const control = new AbortController()
    const aborted = make().filter(() => true, { signal: control.signal })
    aborted.once('data', (lease: PooledMessage) => {
      lease.release()
      control.abort()
    })
    await expect(new Promise((_resolve, reject) => aborted.once('error', reject))).rejects.toMatchObject({ name: 'AbortError' })
  })

  it.each([[1], [3]])('loses nothing of what flatMap() makes, %i at a time', async (concurrency) => {
    const pairs = make().flatMap((lease: PooledMessage) => [lease, lease.retain()], { concurrency })
    expect(await lengthsOf(pairs.take(5))).toEqual([1, 1, 2, 2, 3])
    const generated = make().flatMap(
      async function* (lease: PooledMessage) {
        yield lease
      },
      { concurrency }
    )
    expect(await lengthsOf(generated.take(5))).toEqual([1, 2, 3, 4, 5])
    expect(await make().flatMap(lengthsAsList, { concurrency }).take(3).toArray()).toEqual([1, 2, 3])
  })

  it('loses nothing of an array that map() made', async () => {
    const tagged = make().map((lease: PooledMessage) => [lease, 'tag'])
    for await (const [lease] of tagged) {
      lease.release()
      break
    }
  })

  it('releases what toArray() has read when the source fails, or the signal aborts', async () => {
    expect((await make().toArray()).map(lengthOf)).toEqual(lengths)
    const mistake = new Error('mistake')
    const source = make()
    const failing = source.map((lease: PooledMessage) => {
      if (lease.buffer.length === 8) source.destroy(mistake)
      return lease
    })
    await expect(failing.toArray()).rejects.toBe(mistake)
    const control = new AbortController()
    const aborted = make().map((lease: PooledMessage) => {
      if (lease.buffer.length === 8) control.abort()
      return lease
    })
    await expect(aborted.toArray({ signal: control.signal })).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('ends its source at take(0), as Node does', async () => {
    const source = make()
    expect(await source.take(0).toArray()).toEqual([])
    expect(source.destroyed).toBe(true)
  })

  it('fails at a null, as Node does, which would end it', async () => {
    const nullAtThird = (lease: PooledMessage) => (lengthOf(lease) === 3 ? [null] : ['a value'])
    await expect(make().flatMap(nullAtThird).toArray()).rejects.toMatchObject({ code: 'ERR_STREAM_NULL_VALUES' })
  })

  it('releases what resume() throws away', async () => {
    const mapped = make().map((lease: PooledMessage) => lease)
    mapped.resume()
    await once(mapped, 'end')
  })

  it.runIf('asIndexedPairs' in Readable.prototype)('loses nothing of asIndexedPairs(), where Node has it', async () => {
    const source = make() as Readable & { asIndexedPairs(): Readable }
    for await (const [index, lease] of source.asIndexedPairs().drop(2)) {
      expect([index, lengthOf(lease)]).toEqual([2, 3])
      break
    }
  })

  it('refuses what Node refuses, with its errors', () => {
    const source = make()
    expect(() => source.map('no function' as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
    expect(() => source.drop(-1)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
    expect(() => source.take(-1)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
    source.destroy()
  })
})
