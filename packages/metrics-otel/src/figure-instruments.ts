import type { FigureFamily, FiguresSource } from '@pool/core/interfaces'
import { readFigures } from '@pool/core/kit/universal'
import type { Figures } from './pool-figures.js'
import type { Instrument } from './semconv.js'

const units: Readonly<Record<string, string>> = { bytes: 'By', seconds: 's', ratio: '1' }

/** The instruments of sources of figures, such as connections and queues. They are made as sources are announced, and stay. */
export class FigureInstruments {
  readonly #instruments = new Map<string, Instrument>()

  /** Makes an instrument for each family of the source that has none yet, and gives those. */
  add({ kind, families }: FiguresSource): Instrument[] {
    return families.flatMap((family) => {
      const id = idOf(kind, family)
      if (this.#instruments.has(id)) return []
      const { type, combine = 'sum', help, unit } = family
      const instrument: Instrument = {
        name: `pool.${kind}.${family.name}`,
        description: help,
        unit: units[unit] ?? `{${unit}}`,
        // A figure that adds up is a sum; any other is a gauge.
        kind: type === 'counter' ? 'counter' : combine === 'sum' && unit !== 'ratio' ? 'upDownCounter' : 'gauge',
        combine
      }
      this.#instruments.set(id, instrument)
      return [instrument]
    })
  }

  /** Reads the figures of a source: one attribute set for each of its figures. Throws the errors of `readFigures`. */
  read(source: FiguresSource): Figures[] {
    const { name, kind } = source
    return readFigures(source).flatMap(({ key, family, value, labels }) => {
      const instrument = this.#instruments.get(idOf(kind, family))
      if (instrument === undefined) return []
      const attributes = { [`pool.${kind}.name`]: name }
      for (const [label, text] of Object.entries(labels)) attributes[`pool.${kind}.${label}`] = text
      // Two line breaks, which no key of a pool begins with; a name's length ends it, so that no name can be taken for another.
      const ownKey = `\n\n${kind}\n${name.length}\n${name}${key}\n${family.type}${family.unit}`
      return [{ key: ownKey, owner: ownerOf(source), attributes, values: new Map([[instrument, value]]) }]
    })
  }
}

/** The key of a source in the record of those that could not be read; it differs from any pool's name. */
export function ownerOf({ kind, name }: FiguresSource): string {
  return `\n${kind}\n${name}`
}

// Sources of one kind may differ in a family, as those of two copies of a package.
const idOf = (kind: string, { name, type, unit }: FigureFamily): string => `${kind}.${name} ${type} ${unit}`
