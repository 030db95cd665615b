import { describe, expect, test } from 'vitest'
import { type Analysis, createThreatDetector } from '../../../src/detector/index.js'
import { HOSTILE_SHAPES } from '../hostile-shapes.js'
import { ScratchSource } from '../scratch-source.js'

const isDeep = process.env.POOL_DEEP === '1'
/** Several turns. */
const LONG_BYTES = isDeep ? 1 << 20 : 1 << 19
const FORM = 'application/x-www-form-urlencoded'
const SCRIPT = '<script>alert(document.cookie)</script>'
const never = (): boolean => false
const requestOf = (type: string) => ({ method: 'POST', url: '/', headers: { 'content-type': type } })

/** Ordinary text of `bytes`, with an attack at its end. */
function prose(bytes: number): string {
  const line = 'They met on Monday, drove home, and talked about the price of it. '
  return `${line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes)} ${SCRIPT}`
}

const LONG: readonly (readonly [what: string, type: string, body: Buffer])[] = [
  ['a long value', FORM, Buffer.from(`a=1&note=${encodeURIComponent(prose(LONG_BYTES))}`)],
  ['many values', FORM, Buffer.from(`${'a=1&b=x%20(y&'.repeat(30_000)}q=${encodeURIComponent(SCRIPT)}`)],
  ['a long string', 'application/json', Buffer.from(JSON.stringify({ a: 1, note: prose(LONG_BYTES) }))],
  ['many strings', 'application/json', Buffer.from(JSON.stringify([...Array.from({ length: 30_000 }, (_, index) => `(${index}`), SCRIPT]))],
  ['a document', 'text/plain', Buffer.from(prose(LONG_BYTES).replaceAll('price', '\\x41 price').replace('. ', '.\n'))],
  [
    'many parts',
    'multipart/form-data; boundary=x',
    Buffer.from(
      `${'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n(b\r\n'.repeat(4500)}--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n${SCRIPT}\r\n--x--`
    )
  ]
]

describe('a body that takes more than a turn', () => {
  test.each(LONG)('gets the verdict and findings that it gets at once: %s', async (_, type, body) => {
    const detector = createThreatDetector({ source: new ScratchSource() })
    const atOnce = detector.analyzeRequest(requestOf(type), body)
    expect(await detector.analyzeInTurns(requestOf(type), body, never)).toEqual(atOnce)
  })

  test('is not mixed up with others that are scanned between its turns', async () => {
    const detector = createThreatDetector({ source: new ScratchSource(), maxFindings: 64 })
    const atOnce = LONG.map(([, type, body]) => detector.analyzeRequest(requestOf(type), body))
    const short = Buffer.from(`q=${SCRIPT}`)
    const others: Analysis[] = []
    const pending = LONG.map(([, type, body]) => detector.analyzeInTurns(requestOf(type), body, never))
    expect(pending.some((analysis) => analysis instanceof Promise)).toBe(true)
    const analyses = Promise.all(pending)
    for (let ended = false; !ended; ) {
      others.push(detector.analyzeRequest(requestOf(FORM), short))
      ended = await Promise.race([analyses.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))])
    }
    expect(await analyses).toEqual(atOnce)
    expect(others.every(({ findings }) => findings.some(({ kind, offset }) => kind === 'xss' && offset === 2))).toBe(true)
    expect(detector.getStats()).toMatchObject({ requests: 2 * LONG.length + others.length })
  })

  test('holds no scratch memory between turns', async () => {
    const source = new ScratchSource()
    const pending = LONG.map(([, type, body]) => createThreatDetector({ source }).analyzeInTurns(requestOf(type), body, never))
    expect(source.out).toBe(0)
    await Promise.all(pending)
    expect(source.out).toBe(0)
  })

  test('is read no more once its client is gone', async () => {
    const source = new ScratchSource()
    const detector = createThreatDetector({ source })
    const body = Buffer.alloc(LONG_BYTES, "a=(x'b&")
    let asked = 0
    const analysis = detector.analyzeInTurns(requestOf(FORM), body, () => {
      asked += 1
      body.fill(`q=${SCRIPT}&`)
      return true
    })
    expect(analysis).toBeInstanceOf(Promise)
    const turns = source.sizes.length
    expect(await analysis).toBeUndefined()
    expect([asked, source.sizes.length, source.out, detector.getStats().requests]).toEqual([1, turns, 0, 0])
  })

  test('rejects where a later turn finds no scratch memory, and lets others go on', async () => {
    const source = new ScratchSource()
    const detector = createThreatDetector({ source })
    const body = Buffer.alloc(LONG_BYTES, "a=(x'b&")
    const analysis = detector.analyzeInTurns(requestOf(FORM), body, never)
    source.failure = new Error('none free')
    await expect(analysis).rejects.toThrow('none free')
    source.failure = undefined
    expect(await detector.analyzeInTurns(requestOf(FORM), body, never)).toMatchObject({ verdict: 'clean' })
  })
})

describe('the event loop', () => {
  /** A turn and a step beyond it, on machines that are slow, busy, or measure coverage; 5 to 12 ms on a quiet one. */
  const LONGEST_STOP_MS = 250

  test('goes on while many hostile bodies are scanned that came together', async () => {
    const detector = createThreatDetector({ source: new ScratchSource() })
    let last = cpuMs()
    let longest = 0
    let isDone = false
    const look = (): void => {
      const now = cpuMs()
      longest = Math.max(longest, now - last)
      last = now
      if (!isDone) setImmediate(look)
    }
    setImmediate(look)
    const began = cpuMs()
    const shapes = HOSTILE_SHAPES.filter((_, index) => isDeep || index % 2 === 0)
    await Promise.all(shapes.map(({ type, body }) => detector.analyzeInTurns(requestOf(type), body, never)))
    const all = cpuMs() - began
    isDone = true
    expect(longest).toBeLessThan(LONGEST_STOP_MS)
    expect(longest).toBeLessThan(all / 4)
  })

  /** CPU of this thread where Node tells it, or of the process. */
  function cpuMs(): number {
    const { threadCpuUsage = process.cpuUsage } = process as typeof process & { threadCpuUsage?: typeof process.cpuUsage }
    const { user, system } = threadCpuUsage.call(process)
    return (user + system) / 1000
  }
})
