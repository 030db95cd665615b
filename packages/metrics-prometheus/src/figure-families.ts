import type { FigureFamily, FiguresSource } from '@pool/core/interfaces'
import { readFigures } from '@pool/core/kit/universal'
import type { Family } from './family.js'

/** One figure of a source, as the ledger of series takes it. */
export interface FigureSeries {
  /** The key of the family and the labels. */
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
  /** The one family of the figure. */
  readonly families: readonly [Family]
  /** The one figure. */
  readonly figures: Float64Array
}

/** The units that Prometheus has at the end of a name. Others, such as `connection`, stand in the name already. */
const units = ['bytes', 'seconds', 'ratio']

/** The families of the page that belong to sources of figures. They are added as sources are announced, and stay. */
export class FigureFamilies {
  /** By name; nothing where the registry could not take it. */
  readonly #families = new Map<string, readonly [Family] | undefined>()
  readonly #register: (family: Family) => boolean

  /** Each new family is given to `register`, which says whether the registry could take it; those that it could not are left out. */
  constructor(register: (family: Family) => boolean) {
    this.#register = register
  }

  /** Registers those families of the source that are not there yet. */
  add({ kind, families }: FiguresSource): void {
    for (const family of families) {
      const name = nameOf(kind, family)
      if (this.#families.has(name)) continue
      const { type, help, combine = 'sum' } = family
      const added: Family = { name, help, type, combine }
      this.#families.set(name, this.#register(added) ? [added] : undefined)
    }
  }

  /** Reads the figures of a source; throws the errors of `readFigures`. Figures of a family that could not be registered are left out. */
  read(source: FiguresSource): FigureSeries[] {
    const series: FigureSeries[] = []
    const { name, kind } = source
    for (const { key: ownKey, family, value, labels } of readFigures(source)) {
      const families = this.#families.get(nameOf(kind, family))
      if (families === undefined) continue
      // Two line breaks, which no key of a pool begins with; a name's length ends it, so that no name can be taken for another.
      const key = `\n\n${families[0].name}\n${name.length}\n${name}${ownKey}`
      series.push({ key, labels: { name, ...labels }, families, figures: Float64Array.of(value) })
    }
    return series
  }
}

function nameOf(kind: string, { name, unit, type }: FigureFamily): string {
  const ending = units.includes(unit) && !name.endsWith(`_${unit}`) ? `_${unit}` : ''
  return `${kind}_${name}${ending}${type === 'counter' ? '_total' : ''}`
}
