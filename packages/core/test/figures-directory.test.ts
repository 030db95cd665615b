import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Figure, FigureFamily, FiguresSource } from '../src/interfaces.js'
import { announceFigures, liveFigures, readFigures, retireFigures } from '../src/kit.js'

const coded = (code: string) => expect.objectContaining({ code })
const isLive = (source: FiguresSource) => [...liveFigures.sources()].includes(source)
const done: FigureFamily = { name: 'jobs_done', help: 'Jobs done.', type: 'counter', unit: 'job' }

const sources: FiguresSource[] = []
function sourceOf(figures: readonly Figure[], other: Partial<FiguresSource> = {}): FiguresSource {
  const source = { name: 'a', kind: 'queue', families: [done], figures: () => figures, ...other }
  sources.push(source)
  return source
}
afterEach(() => {
  for (const source of sources.splice(0)) retireFigures(source)
})

describe('liveFigures', () => {
  it('knows a source once, from its announcement until it is retired', () => {
    const source = sourceOf([])
    announceFigures(source)
    announceFigures(source)
    expect([...liveFigures.sources()].filter((one) => one === source)).toHaveLength(1)
    retireFigures(source)
    retireFigures(source)
    expect(isLive(source)).toBe(false)
  })

  it('calls each watcher once for a source, until the watch ends', () => {
    const listener = vi.fn()
    const [end, endOther] = [liveFigures.watch(listener), liveFigures.watch(listener)]
    const source = sourceOf([])
    announceFigures(source)
    announceFigures(source)
    expect(listener.mock.calls).toEqual([[source], [source]])
    end()
    end()
    announceFigures(sourceOf([]))
    expect(listener).toHaveBeenCalledTimes(3)
    endOther()
    announceFigures(sourceOf([]))
    expect(listener).toHaveBeenCalledTimes(3)
  })

  it('knows what another copy of the package announced, and is watched across copies', async () => {
    vi.resetModules()
    const other = await import('../src/kit.js')
    expect(other.liveFigures).not.toBe(liveFigures)
    const listener = vi.fn()
    const end = liveFigures.watch(listener)
    const source = sourceOf([])
    other.announceFigures(source)
    end()
    expect([isLive(source), listener.mock.calls.length]).toEqual([true, 1])
  })

  it.each<[string, unknown]>([
    ['no object', null],
    ['no name', { name: '' }],
    ['a kind that no metric can have in its name', { kind: 'Queue-2' }],
    ['no figures()', { figures: undefined }],
    ['no families', { families: [] }],
    ['too many families', { families: Array.from({ length: 101 }, (_, number) => ({ ...done, name: `n${number}` })) }],
    ['two families of one name', { families: [done, done] }],
    ['a family of no name', { families: [{ ...done, name: 'jobs done' }] }],
    ['a family without help', { families: [{ ...done, help: '' }] }],
    ['a family of another type', { families: [{ ...done, type: 'histogram' }] }],
    ['a family without unit', { families: [{ ...done, unit: '' }] }],
    ['a counter that does not add up', { families: [{ ...done, combine: 'max' }] }],
    ['a gauge that is combined otherwise', { families: [{ ...done, type: 'gauge', combine: 'mean' }] }]
  ])('refuses %s with ERR_POOL_INVALID_OPTION, and knows it not', (_, wrong) => {
    const before = [...liveFigures.sources()].length
    const source = wrong === null ? wrong : { name: 'a', kind: 'queue', families: [done], figures: () => [], ...(wrong as object) }
    expect(() => announceFigures(source as FiguresSource)).toThrow(coded('ERR_POOL_INVALID_OPTION'))
    expect([...liveFigures.sources()]).toHaveLength(before)
  })
})

describe('readFigures', () => {
  it('gives each figure with its family, and one key for one set of labels whatever their order', () => {
    const read = (labels: Record<string, string>) => readFigures(sourceOf([{ family: 'jobs_done', value: 3, labels }]))
    expect(read({ a: '1', b: '2' })).toMatchObject([{ family: done, value: 3, labels: { a: '1', b: '2' } }])
    expect(read({ a: '1', b: '2' })[0]?.key).toBe(read({ b: '2', a: '1' })[0]?.key)
    expect(read({ a: '1', b: '2' })[0]?.key).not.toBe(read({ a: '1' })[0]?.key)
  })

  it.each<[string, unknown]>([
    ['a family that was not declared', [{ family: 'other', value: 1 }]],
    ['what is not a finite number', [{ family: 'jobs_done', value: Number.NaN }]],
    ['a label that is not a string', [{ family: 'jobs_done', value: 1, labels: { of: 7 } }]],
    ['a label in the place of the source’s name', [{ family: 'jobs_done', value: 1, labels: { name: 'b' } }]],
    ['two values of one set of labels', [1, 2].map((value) => ({ family: 'jobs_done', value }))],
    ['more than 1000', Array.from({ length: 1001 }, (_, of) => ({ family: 'jobs_done', value: 1, labels: { of: `${of}` } }))]
  ])('throws a TypeError that names the source for %s', (_, figures) => {
    expect(() => readFigures(sourceOf(figures as Figure[]))).toThrow(TypeError)
    expect(() => readFigures(sourceOf(figures as Figure[]))).toThrow("queue 'a'")
  })
})
