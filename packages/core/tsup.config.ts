import { packageBuild } from '../../tooling/tsup-config/src/package.js'

export default packageBuild({
  index: 'src/index.ts',
  interfaces: 'src/interfaces.ts',
  testing: 'src/testing.ts'
})
