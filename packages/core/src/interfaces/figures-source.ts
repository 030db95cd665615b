/** A metric family of a {@link FiguresSource}: one name, one type, one value for each set of labels. */
export interface FigureFamily {
  /** In snake case, without prefix, kind, unit and `_total`, which exporters add: `read`, `jobs_done`. */
  readonly name: string
  /** One sentence for people. */
  readonly help: string
  /** `'counter'`: grows, until its source is made anew; `'gauge'`: a figure of the moment. */
  readonly type: 'counter' | 'gauge'
  /** `'bytes'`, `'seconds'`, `'ratio'` (0..1), or the thing that is counted, in the singular: `'connection'`. */
  readonly unit: string
  /** How figures of sources of the same name, and of the workers of a cluster, become one. Default `'sum'`, the only one for a counter. */
  readonly combine?: 'sum' | 'min' | 'max'
}

/** One value of a family. */
export interface Figure {
  /** The name of one of the source's families. */
  readonly family: string
  /** Finite. */
  readonly value: number
  /** Labels from a small, closed set, since each is a series of its own; never contents or identifiers. `name` is the source's own. Default none. */
  readonly labels?: Readonly<Record<string, string>>
}

/** A source of figures that are not a pool's, so that exporters show them without knowing its package. */
export interface FiguresSource {
  /** The source's name in metrics. */
  readonly name: string
  /** The kind of the source, in snake case; part of each metric's name: `net`, `queue`. */
  readonly kind: string
  /** Declared once; they do not change. At most 100. */
  readonly families: readonly FigureFamily[]
  /** The figures of this moment, at most 1000; read at each scrape, and at no other time. */
  figures(): Iterable<Figure>
}

/** A directory of sources of figures, which also knows those made later. */
export interface FiguresDirectory {
  /** The sources that exist now. */
  sources(): Iterable<FiguresSource>
  /**
   * Calls `listener` for each source that is announced from now on, so that its families are registered before the next scrape.
   * @returns ends it
   */
  watch(listener: (source: FiguresSource) => void): () => void
}
