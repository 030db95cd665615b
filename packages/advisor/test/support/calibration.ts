import type { Calibration } from '../../src/advice/calibration.js'

/** Costs of a machine whose page faults are dear. */
export const machine: Calibration = {
  node: 'v20.20.0',
  pageBytes: 4096,
  faultUs: 20,
  fillUsPerMib: 15,
  coldFillUsPerMib: 40,
  collectionBytes: 2 ** 25,
  allocationUs: 4,
  poolUs: 0.1,
  tookMs: 150
}
