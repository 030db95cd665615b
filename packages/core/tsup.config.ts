import { packageBuild } from '../../tooling/tsup-config/src/package.js'

export default packageBuild({
  index: 'src/index.ts',
  events: 'src/events.ts',
  kit: 'src/kit.ts',
  'kit-universal': 'src/kit-universal.ts',
  interfaces: 'src/interfaces.ts',
  recommend: 'src/recommend.ts',
  testing: 'src/testing.ts',
  validate: 'src/validate.ts'
})
