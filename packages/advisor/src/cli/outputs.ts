import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { advise } from '../advice/advise.js'
import { calibrate } from '../advice/calibration.js'
import { adviceReport } from '../output/advice-report.js'
import { adviceText } from '../output/advice-text.js'
import { toDhat } from '../output/dhat.js'
import type { Profile } from '../profile.js'
import type { CommandEnvironment } from './command-environment.js'

/** Files that the command writes. */
export interface OutputFiles {
  /** Advice as one HTML file. */
  readonly report?: string | undefined
  /** Advice as JSON. */
  readonly json?: string | undefined
  /** The profile for DHAT's viewer. */
  readonly dhat?: string | undefined
  /** The profile itself. */
  readonly profile?: string | undefined
}

/**
 * Makes advice of a profile, prints it, and writes the files that were asked for.
 * @param command - the command that DHAT's viewer shows
 */
export function writeOutputs(
  profile: Profile,
  files: OutputFiles,
  command: string | undefined,
  { folder, stderr }: CommandEnvironment
): void {
  const advice = advise(profile, calibrate())
  const write = (file: string | undefined, text: () => string): void => {
    if (file === undefined) return
    const path = resolve(folder, file)
    try {
      writeFileSync(path, text())
      stderr.write(`written: ${path}\n`)
    } catch (error) {
      // The others are written all the same, and the program's exit code stays.
      stderr.write(`${path} can't be written: ${(error as Error).message}\n`)
    }
  }
  stderr.write(`\n${adviceText(advice, { colour: stderr.isTTY === true && !process.env.NO_COLOR })}\n\n`)
  write(files.report, () => adviceReport(advice, profile))
  write(files.json, () => asJson(advice))
  write(files.dhat, () => asJson(toDhat(profile, command)))
  write(files.profile, () => asJson(profile))
}

/**
 * Looks whether the files can be written to, or made in folders that are there, before a program runs for long.
 * @throws the system's error
 */
export function checkOutputs({ report, json, dhat, profile }: OutputFiles, folder: string): void {
  for (const file of [report, json, dhat, profile]) {
    if (file === undefined) continue
    const path = resolve(folder, file)
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
  }
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
