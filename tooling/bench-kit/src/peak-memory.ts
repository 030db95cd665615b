// For subjects of a bench that load nothing else of core.
export { peakResidentBytes } from '../../../packages/core/src/kit/observing/peak-resident-bytes.js'
