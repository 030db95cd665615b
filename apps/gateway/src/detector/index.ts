export type { Analysis, AttackKind, Finding, RequestPart } from './finding.js'
export { ATTACK_KINDS } from './finding.js'
export type { AnalyzableRequest, ThreatDetectorHealth, ThreatDetectorOptions, ThreatDetectorStats } from './threat-detector.js'
export { createThreatDetector, ThreatDetector } from './threat-detector.js'
