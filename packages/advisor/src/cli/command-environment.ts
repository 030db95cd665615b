/** What the command is run with. */
export interface CommandEnvironment {
  /** Where files are read and written. */
  readonly folder: string
  /** Gets the usage, when it is asked for. */
  readonly stdout: { write(text: string): unknown }
  /** Gets the advice: the observed program owns the other one. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
}
