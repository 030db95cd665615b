import { packageTests } from '../vitest-config/src/package.js'

export default packageTests()
