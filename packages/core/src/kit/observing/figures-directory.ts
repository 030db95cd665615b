import type { FigureFamily, FiguresDirectory, FiguresSource } from '../../interfaces/figures-source.js'
import * as check from '../checks.js'
import { WeakDirectory } from './weak-directory.js'

const watchersKey = Symbol.for('@pool/core.figures.watchers.1')
const word = /^[a-z][a-z0-9_]{0,49}$/
const mostFamilies = 100
const mostFigures = 1000

const directory = new WeakDirectory<FiguresSource>('@pool/core.figures.1')
const shared = globalThis as { [watchersKey]?: Set<(source: FiguresSource) => void> }
shared[watchersKey] ??= new Set()
const watchers = shared[watchersKey]

/**
 * Makes a source of figures known to {@link liveFigures}, and so to every exporter; it is held weakly, and known once however often
 * it is announced.
 * @throws `ERR_POOL_INVALID_OPTION`, which names the fault in the source's name, kind or families
 */
export function announceFigures(source: FiguresSource): void {
  if (typeof source !== 'object' || source === null) throw check.invalid('source', 'a source of figures', source)
  check.validName('source.name', source.name)
  validWord('source.kind', source.kind)
  check.validFunction('source.figures', source.figures)
  const { families } = source
  if (!Array.isArray(families) || families.length < 1 || families.length > mostFamilies) {
    throw check.invalid('source.families', `an array of 1 to ${mostFamilies} families`, families)
  }
  const names = new Set(families.map(validFamily))
  if (names.size < families.length) throw check.invalid('source.families', 'families of different names', families)
  if (!directory.add(source)) return
  for (const listener of [...watchers]) listener(source)
}

/** Takes a source of figures out again. */
export function retireFigures(source: FiguresSource): void {
  directory.delete(source)
}

/** Every source of figures that was announced and not retired or collected, in the order in which they were announced. */
export const liveFigures: FiguresDirectory = {
  sources: () => directory.sources(),
  watch(listener) {
    check.validFunction('listener', listener)
    // A function of its own, so that two watches of one listener end apart.
    const watcher = (source: FiguresSource): void => listener(source)
    watchers.add(watcher)
    return () => void watchers.delete(watcher)
  }
}

/** A figure with its family and its labels, checked. */
export interface FigureReading {
  /** The key of the family and the labels, independent of their order; one source has it once. */
  readonly key: string
  /** The family that the figure belongs to. */
  readonly family: FigureFamily
  /** The figure: finite. */
  readonly value: number
  /** The labels that distinguish the figure from others of its family. */
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Reads the figures of this moment, for exporters.
 * @throws any error of `figures()`; a TypeError that names the source and the family of an invalid figure
 */
export function readFigures(source: FiguresSource): FigureReading[] {
  const families = new Map(source.families.map((family) => [family.name, family]))
  const readings = new Map<string, FigureReading>()
  const of = `of ${source.kind} '${source.name}'`
  for (const { family: name, value, labels = {} } of source.figures()) {
    const family = families.get(name)
    if (family === undefined) throw new TypeError(`a figure ${of} must name one of its families; it names ${check.shown(name)}`)
    if (!Number.isFinite(value)) throw new TypeError(`${name} ${of} must be a finite number; it is ${check.shown(value)}`)
    for (const [label, text] of Object.entries(labels)) {
      if (!word.test(label) || label === 'name' || typeof text !== 'string') {
        throw new TypeError(`labels of ${name} ${of} must be strings, under names in snake case other than 'name'`)
      }
    }
    const key = name + JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)))
    if (readings.has(key)) throw new TypeError(`${name} ${of} must have one value for each set of labels; one has two`)
    if (readings.size === mostFigures) throw new TypeError(`there must be at most ${mostFigures} figures ${of}`)
    readings.set(key, { key, family, value, labels })
  }
  return [...readings.values()]
}

function validFamily(family: FigureFamily): string {
  if (typeof family !== 'object' || family === null) throw check.invalid('family', 'an object', family)
  const name = validWord('family.name', family.name)
  const type = check.validChoice(`type of ${name}`, family.type, ['counter', 'gauge'])
  if (typeof family.help !== 'string' || family.help.length < 1) throw check.invalid(`help of ${name}`, 'a sentence', family.help)
  validWord(`unit of ${name}`, family.unit)
  if (family.combine !== undefined) {
    check.validChoice(`combine of ${name}`, family.combine, type === 'counter' ? ['sum'] : ['sum', 'min', 'max'])
  }
  return name
}

function validWord(name: string, value: unknown): string {
  if (typeof value === 'string' && word.test(value)) return value
  throw check.invalid(name, '1 to 50 small letters, digits and underscores, a letter first', value)
}
