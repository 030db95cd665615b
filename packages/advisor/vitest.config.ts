import { packageTests } from '../../tooling/vitest-config/src/package.js'

export default packageTests()
