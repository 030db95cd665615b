import { packageBuild } from '../../tooling/tsup-config/src/package.js'

export default packageBuild({ index: 'src/index.ts', validate: 'src/validate.ts', cli: 'src/cli.ts' })
