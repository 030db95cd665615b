import { integrationTests } from '../../tooling/vitest-config/src/package.js'

export default integrationTests()
