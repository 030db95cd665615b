import { packageBuild } from '../../tooling/tsup-config/src/package.js'

export default packageBuild({ index: 'src/index.ts', cli: 'src/cli.ts', register: 'src/register.ts' })
