/** The folder and the streams that the command works with. */
export interface CommandEnvironment {
  /** Where files are read and written. */
  readonly folder: string
  /** Gets the usage, when it is asked for. */
  readonly stdout: { write(text: string): unknown }
  /** Gets the advice: the observed program owns the other one. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean }
}
