export { type Analysis, ATTACK_KINDS } from './finding.js'
export { type AnalyzableRequest, createThreatDetector, ThreatDetector, type ThreatDetectorStats } from './threat-detector.js'
