/**
 * Finds out where a running program makes its Buffers.
 * @module
 */

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
export { validProfile } from './valid-profile.js'
