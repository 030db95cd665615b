export { type Analysis, ATTACK_KINDS } from './finding.js'
export type { AnalyzableRequest } from './scan/request-scan.js'
export { createThreatDetector, ThreatDetector, type ThreatDetectorStats } from './threat-detector.js'
