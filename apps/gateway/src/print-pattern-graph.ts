import { writeGraph } from './detector/matching/graph-file.js'
import { rulesByPattern } from './detector/matching/rule-set.js'
import { RULES } from './detector/rules/index.js'

// A build runs this once and keeps what it prints beside the bundle, so that a start needs neither the time nor the memory.
process.stdout.write(writeGraph([...rulesByPattern(RULES).keys()]))
