/**
 * Finds out where a running program makes its Buffers, and whether a pool would pay there.
 * @module
 */

export type { Advice, Change, Estimate, PoolAdvice, PoolPlan, Savings, SiteAdvice, Unseen, Verdict } from './advice/advice.js'
export { advise } from './advice/advise.js'
export { type Calibration, calibrate } from './advice/calibration.js'

export { type AttachOptions, attach } from './attaching/attach.js'
export { adviceReport } from './output/advice-report.js'
export { adviceText } from './output/advice-text.js'
export { type DhatPoint, type DhatProfile, toDhat } from './output/dhat.js'
export {
  type Frame,
  type Maker,
  makers,
  type PoolReading,
  type ProcessReading,
  type Profile,
  type SamplingReading,
  type Site,
  type SizeGroup,
  type Unattributed
} from './profile.js'
export { type AdvisorOptions, type Observation, startAdvisor } from './start-advisor.js'
export { validProfile } from './valid-profile.js'
