import { BufferPool, type Lease, type LeaseList, SizeClassPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'
import { gzipInto, PooledBufferList, type PooledBufferListOptions } from '@pool/stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { patterned } from '../support/fragments.js'

const code = (error: string) => expect.objectContaining({ code: `ERR_POOL_${error}` })
const bytesOf = (list: PooledBufferList) => Buffer.concat([...list])

let pool: SizeClassPool
let list: PooledBufferList

function listOf(options: PooledBufferListOptions = {}): PooledBufferList {
  list?.close()
  list = new PooledBufferList({ pool, segmentBytes: 256, ...options })
  return list
}

function leaseOf(bytes: Uint8Array | string): Lease<Buffer> {
  const content = Buffer.from(bytes as string)
  const lease = pool.lease(content.length)
  content.copy(lease.buffer)
  return lease
}

beforeEach(() => {
  pool = new SizeClassPool({ minClassBytes: 64, maxClassBytes: 65_536, oversize: 'refuse' })
  listOf()
})

afterEach(() => {
  list.close()
  expect(pool.stats()).toMatchObject({ inUse: 0, quarantined: 0 })
  pool.destroy()
})

/** "abcdefghij" in five segments. */
function inFive(): PooledBufferList {
  return listOf().append(Buffer.from('ab')).append(leaseOf('cd')).append(Buffer.from('e')).write('fgh').append(leaseOf('ij'))
}

describe('write', () => {
  it.each([0, 1, 255, 256, 257, 1000, 5000])('copies %i bytes into segments, whose memory the caller may change at once', (length) => {
    const bytes = patterned(length)
    const copy = Uint8Array.from(bytes)
    list.write(copy)
    copy.fill(0)
    expect(list.length).toBe(length)
    expect(bytesOf(list).equals(bytes)).toBe(true)
  })

  it('copies strings of any encoding, however their characters meet the ends of segments', () => {
    const text = 'aß€😀'.repeat(300)
    for (let before = 0; before < 8; before++) {
      listOf().write('x'.repeat(before)).write(text)
      expect(bytesOf(list).toString()).toBe('x'.repeat(before) + text)
      expect(list.toString()).toBe('x'.repeat(before) + text)
    }
    listOf()
      .write('00ff', 'hex')
      .write('ÿ', 'latin1')
      .write('', 'utf8')
      .write('/w==', 'base64')
      .write('é', 'utf-8' as BufferEncoding)
    expect(bytesOf(list)).toEqual(Buffer.from([0, 255, 255, 255, 0xc3, 0xa9]))
    listOf({ pool: new BufferPool({ bufferSize: 3, initialSize: 0 }), segmentBytes: 300 }).write('😀é')
    expect(bytesOf(list).toString()).toBe('😀é')
    listOf().write('\ud800')
    expect(bytesOf(list).toString('hex')).toBe('efbfbd')
  })

  it('copies leases and lists, which stay the caller’s, and itself', () => {
    using lease = leaseOf('lease ')
    using other = new PooledBufferList({ pool }).write('other').append(leaseOf(' list'))
    list.write(lease).write(other).write(list)
    expect(bytesOf(list).toString()).toBe('lease other listlease other list')
    expect(other.toString()).toBe('other list')
  })

  it('holds little for a short list, and at most twice its bytes for a longer one', () => {
    listOf({ segmentBytes: 65_536 }).write('short')
    expect(list.stats().heldBytes).toBe(256)
    for (let written = 0; written < 200; written++) {
      list.write(patterned(1000))
      expect(list.stats().heldBytes).toBeLessThanOrEqual(Math.max(1024, 2 * list.length))
    }
    expect(list.stats().segments).toBeLessThan(15)
  })

  it('goes on in the room that an appended lease left behind it', () => {
    for (let count = 0; count < 100; count++) list.write('x').append(leaseOf('y'))
    expect(bytesOf(list).toString()).toBe('xy'.repeat(100))
    expect(pool.stats().inUse).toBe(101)
  })
})

describe('append', () => {
  it('takes bytes as they are, uncopied and unpooled', () => {
    const bytes = new Uint8Array([1, 2, 3])
    list.append(bytes).append(new Uint8Array(0))
    bytes[1] = 9
    expect([...bytesOf(list)]).toEqual([1, 9, 3])
    expect(list.stats()).toMatchObject({ segments: 1, heldBytes: 0 })
  })

  it('takes a lease over, whose giver can release it no more', () => {
    const lease = leaseOf('mine')
    list.append(lease)
    expect(lease.released).toBe(true)
    expect(() => lease.release()).toThrow(code('DOUBLE_RELEASE'))
    expect(bytesOf(list).toString()).toBe('mine')
    expect(() => list.append(lease)).toThrow(code('LEASE_RELEASED'))
    expect(() => list.write(lease)).toThrow(code('LEASE_RELEASED'))
    expect(pool.stats().inUse).toBe(1)
  })

  it('takes the segments of another list, which is empty then and goes on', () => {
    const other = inFive()
    const taker = new PooledBufferList({ pool }).write('> ').append(other)
    expect(other.length).toBe(0)
    other.write('anew')
    expect(bytesOf(taker).toString()).toBe('> abcdefghij')
    expect(bytesOf(other).toString()).toBe('anew')
    taker.close()
  })

  it('refuses itself, and a list whose end is reserved', () => {
    list.write('x')
    expect(() => list.append(list)).toThrow(code('INVALID_OPTION'))
    const other = new PooledBufferList({ pool }).write('y')
    other.reserve(1)
    expect(() => list.append(other)).toThrow(code('LIST_RESERVED'))
    other.commit(0)
    list.append(other)
    expect(bytesOf(list).toString()).toBe('xy')
  })
})

describe('bounds', () => {
  it('refuses more than maxBytes, and leaves all as it was', () => {
    listOf({ maxBytes: 10 }).write('12345678')
    const lease = leaseOf('345')
    const other = new PooledBufferList({ pool }).write('345')
    const before = list.stats()
    const refused = [
      () => list.write('345'),
      () => list.write(Buffer.alloc(3)),
      () => list.write(other),
      () => list.append(Buffer.alloc(3)),
      () => list.append(lease),
      () => list.append(other),
      () => list.reserve(3)
    ]
    for (const add of refused) expect(add).toThrow(code('LIST_FULL'))
    expect(list.stats()).toEqual(before)
    expect([lease.released, other.length]).toEqual([false, 3])
    list.write('9').append(Buffer.from('0'))
    expect(() => list.append('1')).toThrow(code('LIST_FULL'))
    list.consume(2).append(Buffer.from('12'))
    expect(bytesOf(list).toString()).toBe('3456789012')
    lease.release()
    other.close()
  })

  it('is as before when the pool is exhausted, at any segment', async () => {
    await expectNoLeaks(() => {
      for (let buffers = 1; buffers < 6; buffers++) {
        const few = new BufferPool({ bufferSize: 256, maxSize: buffers })
        const own = new PooledBufferList({ pool: few, segmentBytes: 256 }).write('x')
        for (const content of [
          patterned(256 * buffers),
          'é'.repeat(128 * buffers),
          new PooledBufferList({ pool }).write(patterned(256 * buffers))
        ]) {
          const before = own.stats()
          expect(() => own.write(content)).toThrow(code('EXHAUSTED'))
          expect(own.stats()).toEqual(before)
          expect(few.stats().inUse).toBe(1)
          if (content instanceof PooledBufferList) content.close()
        }
        own.write(patterned(256 * buffers - 1))
        expect(few.stats().inUse).toBe(buffers)
        own.close()
        few.destroy()
      }
    })
  })
})

describe('reserve and commit', () => {
  it('make bytes that were written in place part of the list', () => {
    list.write('a')
    list.reserve(3).write('bcd')
    expect(list.length).toBe(1)
    list.commit(2)
    list.reserve(1000).fill('z')
    expect(list.stats().reservedBytes).toBe(1000)
    list.commit(1000)
    list.write('!')
    expect(bytesOf(list).toString()).toBe(`abc${'z'.repeat(1000)}!`)
  })

  it('give exactly what is asked for, and nothing back that was committed before', () => {
    expect(list.reserve(17).length).toBe(17)
    list.commit(0)
    expect(list.stats()).toMatchObject({ bytes: 0, heldBytes: 0, segments: 0 })
    expect(() => list.commit(0)).toThrow(code('INVALID_OPTION'))
    expect(() => list.reserve(65_537)).toThrow(code('TOO_LARGE'))
    list.write('goes on')
  })

  it('let the list be read and consumed meanwhile, and refuse all that adds', () => {
    list.write('abc')
    const view = list.reserve(3)
    const lease = leaseOf('x')
    for (const add of [() => list.write('x'), () => list.append(lease), () => list.append(Buffer.from('x')), () => list.reserve(1)]) {
      expect(add).toThrow(code('LIST_RESERVED'))
    }
    expect(list.consume(3).length).toBe(0)
    expect(list.takeLeases()).toEqual([])
    view.write('def')
    for (const wrong of [-1, 4, 1.5, Number.NaN, '1' as never]) expect(() => list.commit(wrong)).toThrow(code('INVALID_OPTION'))
    list.commit(3)
    expect(bytesOf(list).toString()).toBe('def')
    lease.release()
  })

  it('withdraw the memory when the list is closed first, since a read may be under way into it', () => {
    const own = new SizeClassPool({ minClassBytes: 64 })
    const reading = new PooledBufferList({ pool: own }).write('abc')
    const view = reading.reserve(10)
    reading.close()
    reading.close()
    view.fill(1)
    expect(own.stats()).toMatchObject({ inUse: 0, quarantined: 1, idleBytes: 0 })
    expect(() => reading.commit(3)).toThrow(code('CLOSED'))
    own.destroy()
  })
})

describe('consume', () => {
  it('gives back memory that no byte is left in, and the room at the end with the last byte', () => {
    inFive()
    const inUse = [3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 0]
    for (let consumed = 0; consumed <= 10; consumed++) {
      expect(pool.stats().inUse).toBe(inUse[consumed])
      expect(bytesOf(list).toString()).toBe('abcdefghij'.slice(consumed))
      if (consumed < 10) list.consume(1)
    }
    expect(list.consume(0).stats()).toMatchObject({ bytes: 0, segments: 0, heldBytes: 0 })
  })

  it.each([-1, 11, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, 2 ** 53])('refuses to consume %s', (bytes) => {
    inFive()
    expect(() => list.consume(bytes as number)).toThrow(code('INVALID_OPTION'))
    expect(list.length).toBe(10)
  })

  it('keeps its segments in order over thousands of them', () => {
    for (let round = 0; round < 3000; round++) {
      list.append(Buffer.from([round & 255]))
      if (round % 3 === 0) list.consume(1)
    }
    expect([...bytesOf(list)]).toEqual(Array.from({ length: 2000 }, (_, index) => (index + 1000) & 255))
  })
})

describe('slice, shallowSlice and contiguous', () => {
  it('slice shares the memory of one segment, and copies across several, which is counted', () => {
    inFive()
    const shared = list.slice(6, 8)
    expect(list.stats().copies).toBe(0)
    expect(shared.buffer.toString()).toBe('gh')
    const copied = list.slice(1, 9)
    expect(copied.buffer.toString()).toBe('bcdefghi')
    expect(list.stats()).toMatchObject({ copies: 1, copiedBytes: 8 })
    list.close()
    expect([shared.buffer.toString(), copied.buffer.toString()]).toEqual(['gh', 'bcdefghi'])
    expect(pool.stats().inUse).toBe(2)
    shared.release()
    copied.release()
  })

  it('slice gives a lease of nothing, and of plain bytes', () => {
    inFive()
    for (const [start, end, text] of [
      [3, 3, ''],
      [10, 10, ''],
      [0, 2, 'ab'],
      [0, 10, 'abcdefghij']
    ] as const) {
      using lease = list.slice(start, end)
      expect(lease.buffer.toString()).toBe(text)
    }
  })

  it('shallowSlice counts exactly: memory goes back with the last list, in whichever order they close', () => {
    for (const closeFirst of [true, false]) {
      inFive()
      const other = list.shallowSlice(1, 9)
      const third = other.shallowSlice()
      expect(pool.stats().inUse).toBe(3)
      if (closeFirst) list.close()
      else third.close()
      other.close()
      expect(pool.stats().inUse).toBe(3)
      expect(bytesOf(closeFirst ? third : list).toString()).toBe(closeFirst ? 'bcdefghi' : 'abcdefghij')
      third.close()
      list.close()
      expect(pool.stats().inUse).toBe(0)
    }
  })

  it('neither list of a shallowSlice sees what the other writes', () => {
    list.write('shared')
    const other = list.shallowSlice()
    list.write(' mine')
    other.write(' other')
    list.append(other.shallowSlice(0, 6)).write('!')
    expect([bytesOf(list).toString(), bytesOf(other).toString()]).toEqual(['shared mineshared!', 'shared other'])
    other.close()
  })

  it('contiguous copies once, and keeps the copy in the place of the segments', () => {
    inFive()
    const first = list.contiguous()
    const second = list.contiguous()
    expect([first.buffer.toString(), second.buffer.toString()]).toEqual(['abcdefghij', 'abcdefghij'])
    expect(list.stats()).toMatchObject({ copies: 1, copiedBytes: 10, segments: 1 })
    list.write('k').close()
    expect(first.buffer.toString()).toBe('abcdefghij')
    first.release()
    second.release()
    using none = listOf().contiguous()
    expect(none.buffer.length).toBe(0)
  })

  it('refuse copies above maxContiguousBytes, and what the pool can not lease; all is as before', () => {
    listOf({ maxContiguousBytes: 9 }).append(Buffer.from('abcde')).append(Buffer.from('fghij'))
    for (const copy of [() => list.contiguous(), () => list.slice(), () => list.toString()]) expect(copy).toThrow(code('LIST_COPY_REFUSED'))
    expect(list.stats()).toMatchObject({ copies: 0, refusedCopies: 3, segments: 2 })
    expect(list.toString('utf8', 0, 9)).toBe('abcdefghi')
    listOf().append(Buffer.alloc(65_536)).append(Buffer.alloc(1))
    expect(() => list.contiguous()).toThrow(code('TOO_LARGE'))
    expect(list.stats()).toMatchObject({ copies: 0, segments: 2 })
    using whole = list.slice(0, 65_536)
    expect(whole.buffer.length).toBe(65_536)
  })

  it.each([
    [-1, 2],
    [0, 11],
    [3, 2],
    [0.5, 2],
    [0, Number.NaN],
    ['0', 1]
  ])('refuse the range %s..%s', (start, end) => {
    inFive()
    const range = [start, end] as [number, number]
    for (const read of [
      () => list.slice(...range),
      () => list.shallowSlice(...range),
      () => list.toString('utf8', ...range),
      () => list.copy(Buffer.alloc(10), 0, ...range)
    ]) {
      expect(read).toThrow(code('INVALID_OPTION'))
    }
  })
})

describe('reading', () => {
  it('copies ranges to a target, as far as it has room', () => {
    inFive()
    const target = Buffer.alloc(6, '.')
    expect(list.copy(target, 1, 1, 4)).toBe(3)
    expect(target.toString()).toBe('.bcd..')
    expect(list.copy(target)).toBe(6)
    expect(target.toString()).toBe('abcdef')
    expect(list.copy(target, 6)).toBe(0)
    for (const start of [-1, 7, 0.5]) expect(() => list.copy(target, start)).toThrow(code('INVALID_OPTION'))
    expect(() => list.copy([] as never)).toThrow(code('INVALID_OPTION'))
  })

  it('get gives each byte', () => {
    inFive()
    for (let index = 0; index < 10; index++) expect(list.get(index)).toBe(97 + index)
    for (const index of [-1, 10, 0.5, Number.NaN, '0' as never]) expect(() => list.get(index)).toThrow(code('INVALID_OPTION'))
  })

  it('equals compares with bytes and lists in other pieces', () => {
    inFive()
    const same = new PooledBufferList({ pool }).append(Buffer.from('abc')).append(Buffer.from('defghi')).append(Buffer.from('j'))
    expect([list.equals(same), same.equals(list), list.equals(list), list.equals(Buffer.from('abcdefghij'))]).toEqual([
      true,
      true,
      true,
      true
    ])
    for (let index = 0; index < 10; index++) {
      const other = Buffer.from('abcdefghij')
      other[index] = 0
      expect([list.equals(other), list.equals(new PooledBufferList({ pool }).append(other))]).toEqual([false, false])
    }
    expect([list.equals(Buffer.from('abc')), listOf().equals(Buffer.alloc(0))]).toEqual([false, true])
    expect(() => list.equals('' as never)).toThrow(code('INVALID_OPTION'))
  })

  it('toString decodes a part, and refuses an encoding that is none', () => {
    inFive()
    expect([list.toString(), list.toString('hex', 1, 3), list.toString('latin1', 9), String(list)]).toEqual([
      'abcdefghij',
      '6263',
      'j',
      'abcdefghij'
    ])
    for (const use of [
      () => list.toString('no' as never),
      () => list.write('x', 'no' as never),
      () => list.indexOf('x', 0, 'no' as never)
    ]) {
      expect(use).toThrow(code('INVALID_OPTION'))
    }
  })

  it('takeLeases gives leases of exactly the bytes, and empties the list', () => {
    const writing: LeaseList<Lease<Buffer>> = inFive().consume(1)
    const leases = writing.takeLeases()
    expect(leases.map(({ buffer }) => buffer.toString())).toEqual(['b', 'cd', 'e', 'fgh', 'ij'])
    expect(list.stats()).toMatchObject({ bytes: 0, segments: 0, heldBytes: 0 })
    expect(pool.stats().inUse).toBe(3)
    for (const lease of leases) lease.release()
  })
})

describe('close', () => {
  it('gives everything back once, and takes nothing more', () => {
    const closed = inFive()
    const lease = leaseOf('x')
    closed.close()
    closed[Symbol.dispose]()
    expect(closed.stats()).toMatchObject({ closed: true, bytes: 0, segments: 0, heldBytes: 0 })
    expect([...closed]).toEqual([])
    for (const use of [
      () => closed.write('x'),
      () => closed.append(lease),
      () => closed.append(Buffer.from('x')),
      () => closed.reserve(1),
      () => closed.commit(0),
      () => closed.shallowSlice(),
      () => closed.takeLeases(),
      () => closed.toReadable(),
      () => new PooledBufferList({ pool }).append(closed)
    ]) {
      expect(use).toThrow(code('CLOSED'))
    }
    lease.release()
  })
})

describe('a list of another copy of the package, as an application has that uses its ESM and its CJS form', () => {
  it('is written, appended, compared and compressed as one of this copy', async () => {
    vi.resetModules()
    const { PooledBufferList: OtherList } = await import('@pool/stream')
    expect(OtherList).not.toBe(PooledBufferList)
    const theirs = new OtherList({ pool, segmentBytes: 256 }) as PooledBufferList
    theirs.write(patterned(1000))
    const packed = new PooledBufferList({ pool })
    expect(await gzipInto(packed, theirs)).toBeGreaterThan(0)
    packed.close()
    const list = listOf()
    list.write(theirs)
    expect(theirs.length).toBe(1000)
    expect([list.equals(theirs), bytesOf(list).equals(patterned(1000))]).toEqual([true, true])
    const segments = [...theirs]
    list.append(theirs)
    expect([theirs.length, list.length]).toEqual([0, 2000])
    // The same memory, not a copy of it.
    expect([...list].at(-1)?.buffer).toBe(segments.at(-1)?.buffer)
    theirs.close()
    expect(() => list.append(theirs)).toThrow(code('CLOSED'))
    expect(bytesOf(list).equals(Buffer.concat([patterned(1000), patterned(1000)]))).toBe(true)
  })
})

describe('misuse', () => {
  it.each([undefined, null, 1, {}, [], new ArrayBuffer(1), { retain() {}, release() {} }])('refuses to take %s in', (data) => {
    for (const add of [() => list.write(data as never), () => list.append(data as never)]) expect(add).toThrow(code('INVALID_OPTION'))
    expect(list.length).toBe(0)
  })

  it.each<[string, object]>([
    ['options', []],
    ['pool', { pool: {} }],
    ["'size'", { size: 1 }],
    ['maxBytes', { maxBytes: 0 }],
    ['maxBytes', { maxBytes: 2 ** 41 }],
    ['segmentBytes', { segmentBytes: 255 }],
    ['maxContiguousBytes', { maxContiguousBytes: -1 }],
    ['maxContiguousBytes', { maxContiguousBytes: Number.POSITIVE_INFINITY }]
  ])('refuses %s that can not be', (name, options) => {
    expect(() => new PooledBufferList(options)).toThrow(
      expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION', message: expect.stringContaining(name) })
    )
  })

  it.each([0, -1, 1.5, Number.NaN, '1' as never])('refuses to reserve %s bytes', (bytes) => {
    expect(() => list.reserve(bytes)).toThrow(code('INVALID_OPTION'))
  })
})

describe('listeners of the pool', () => {
  it('may consume and close the list while it leases, and may not add to it', () => {
    const seen: unknown[] = []
    let act = (): unknown => undefined
    pool.on('acquire', () => {
      const run = act
      act = () => undefined
      try {
        seen.push(run())
      } catch (error) {
        seen.push((error as { code: string }).code)
      }
    })
    list.write('abc')
    act = () => list.write('x')
    list.write(patterned(1000))
    act = () => list.consume(list.length).length
    list.write('y'.repeat(1000))
    expect(list.length).toBe(1000)
    act = () => list.close()
    expect(() => list.write(patterned(1000))).toThrow(code('CLOSED'))
    expect(seen.filter((one) => one !== undefined)).toEqual(['ERR_POOL_LIST_RESERVED', 0])
    expect(pool.stats().inUse).toBe(0)
  })

  it('may change the list while it makes a copy, which is then refused', () => {
    for (const read of [() => list.slice(), () => list.contiguous()]) {
      inFive()
      pool.once('acquire', () => list.consume(3))
      expect(read).toThrow(code('LIST_RESERVED'))
      expect(bytesOf(list).toString()).toBe('defghij')
    }
  })

  it('see the list whole when memory comes back', () => {
    inFive()
    const seen: string[] = []
    pool.on('release', () => {
      seen.push(bytesOf(list).toString())
      if (list.length > 0) list.write('+')
    })
    list.consume(5)
    list.consume(list.length)
    expect(seen).toEqual(['fghij', '', '', ''].slice(0, seen.length))
    expect(seen.length).toBeGreaterThan(2)
  })
})
