import { chromiumTests } from '../../tooling/vitest-config/src/package.js'

export default chromiumTests()
