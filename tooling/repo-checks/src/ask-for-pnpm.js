// Runs before the commands of the root and before pnpm installs, with Node alone. npm, and pnpm of another major, each fail in a way that names no cause.
import { readFileSync } from 'node:fs'

const { packageManager } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
const major = packageManager.match(/^pnpm@\d+\./)[0]
const asked = (process.env.npm_config_user_agent ?? '').split(' ')[0].replace('/', '@')
if (!asked.startsWith(major)) {
  const command = process.env.npm_lifecycle_event.replace('pnpm:devPreinstall', 'install').replace(/^pre/, '')
  process.stderr.write(
    `This workspace is run by pnpm 10, not by ${asked || 'an unknown tool'}. Run: npx --yes ${packageManager} ${command}\n`
  )
  process.exit(1)
}
