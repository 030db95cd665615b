import { exceptionFor } from './exceptions.js'
import type { Ended } from './run-program.js'

/** The cells of one column of one package: a version each. */
export interface Column {
  readonly title: string
  /** Runs one cell. */
  readonly cells: readonly { readonly version: string; run(): Promise<Ended> }[]
}

/** A cell that did not end as it was expected to. */
export interface Fault {
  readonly package: string
  readonly column: string
  readonly version: string
  readonly log: string
}

/** The result of a column of a package: the cells of the table, the faults, and the numbers of the exceptions that held. */
export interface ColumnResult {
  readonly text: string
  readonly faults: readonly Fault[]
}

/**
 * Runs a column's cells one after the other. A cell with an exception must fail: one that passes is a fault as well, so that no sentence
 * outlives its cause.
 */
export async function runColumn(name: string, column: Column): Promise<ColumnResult> {
  const faults: Fault[] = []
  const marks = new Set<string>()
  const failed: string[] = []
  for (const { version, run } of column.cells) {
    const ended = await run()
    const exception = exceptionFor(name, column.title, version)
    if (exception === undefined && !ended.ok) {
      failed.push(version)
      faults.push({ package: name, column: column.title, version, log: ended.log })
    } else if (exception !== undefined && ended.ok) {
      failed.push(version)
      faults.push({ package: name, column: column.title, version, log: `works now; remove the exception: ${exception.sentence}` })
    } else if (exception !== undefined) marks.add(exception.mark)
  }
  if (column.cells.length === 0) return { text: '–', faults }
  const text = failed.length === 0 ? `ok${[...marks].map((mark) => ` ${mark}`).join('')}` : `FAILED ${failed.join(' ')}`
  return { text, faults }
}
