import { fileURLToPath } from 'node:url'
import { packageTests } from '../../vitest-config/src/package.js'
import { targets } from './targets.js'

const target = targets.find(({ name }) => name === process.env.MUTATION_TARGET)
const { test, ...rest } = packageTests()
const setupFiles = [...(test?.setupFiles ?? []), fileURLToPath(new URL('expose-gc.ts', import.meta.url))]

// A mutant that lets a test wait forever is noticed after seconds instead of a minute.
const testTimeout = 6_000

export default { ...rest, root: target?.package, test: { ...test, execArgv: [], setupFiles, testTimeout, include: target?.tests } }
