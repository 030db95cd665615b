import { defineConfig } from 'vitest/config'
import { packageTests } from '../../tooling/vitest-config/src/package.js'

const { test, ...rest } = packageTests()

/** A hundred million operations and a thousand deaths: minutes, so not among the tests that run always. */
export default defineConfig({ ...rest, test: { ...test, root: new URL('.', import.meta.url).pathname, include: ['test/deep/*.deep.ts'] } })
