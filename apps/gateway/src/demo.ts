import { compareGateways } from './demo/comparison.js'
import { readDemoOptions } from './demo/demo-options.js'
import { ProgressBar } from './demo/progress-bar.js'
import { describeComparison, findProblems } from './demo/report.js'
import { OWN_SAMPLES, readSamples } from './demo/samples.js'

const options = readDemoOptions(process.argv)
const bar = new ProgressBar()
try {
  const samples = readSamples(options.corpus ?? OWN_SAMPLES)
  const comparison = await compareGateways(samples, options, bar)
  bar.stop()
  process.stdout.write(`\n${describeComparison(comparison)}\n`)
  if (comparison.cutShort) process.stdout.write(`\nThe loads were cut short after ${options.seconds} s; figures are of what was sent.\n`)
  const problems = findProblems(comparison)
  for (const problem of problems) process.stderr.write(`FAILED: ${problem}\n`)
  if (problems.length > 0) process.exitCode = 1
} catch (error) {
  bar.stop()
  process.stderr.write(`FAILED: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
