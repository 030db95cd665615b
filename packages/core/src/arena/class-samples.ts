/** Samples of one class in one window. */
export const perWindow = 32

/** The samples of one class since the window began. */
export class ClassSamples {
  /** Bytes asked for, each. */
  readonly sizes: Float64Array = new Float64Array(perWindow)
  /** The number of samples. */
  taken = 0
  /** Acquires of the class before the window began. */
  began = 0
}
