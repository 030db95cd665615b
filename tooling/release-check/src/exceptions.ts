/** Cells that can't work, and why: a sentence of which the table shows the mark. */
export interface Exception {
  readonly mark: string
  readonly sentence: string
  readonly package: RegExp
  readonly column: RegExp
  readonly version: RegExp
}

/** In the order of their marks. */
export const exceptions: readonly Exception[] = [
  {
    mark: '¹',
    sentence:
      'As an ES module by esbuild it needs `require`, since what its quick start builds on is CommonJS: it runs with the banner of the guide on bundlers, and not without.',
    package: /^@pool\/(?:advisor|express|live|metrics-(?:otel|prometheus))$/,
    column: /^esbuild ESM$/,
    version: /^\d[\d.]*$/
  },
  {
    mark: '²',
    sentence: 'webpack builds for production, where the page refuses its viewers unless it was told to serve them.',
    package: /^@pool\/live$/,
    column: /^webpack$/,
    version: /^\d[\d.]*$/
  },
  {
    mark: '³',
    sentence: "Under these compilers the types of Node 26 let no `pipeline()` take a `Readable`, with streams of Node's alone neither.",
    package: /^@pool\/stream$/,
    column: /^TS 5\.[25]$/,
    version: /^26$/
  }
]

/** The exception that a cell has, if any. */
export function exceptionFor(name: string, column: string, version: string): Exception | undefined {
  return exceptions.find((one) => one.package.test(name) && one.column.test(column) && one.version.test(version))
}
