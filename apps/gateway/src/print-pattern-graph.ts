import { writeGraph } from './detector/graph-file.js'
import { rulesByPattern } from './detector/rule-set.js'
import { RULES } from './detector/rules/index.js'

// A build runs this once and keeps what it prints beside the bundle, so that a start needs neither the time nor the memory.
process.stdout.write(writeGraph([...rulesByPattern(RULES).keys()]))
