import { SingleBar } from 'cli-progress'
import { Command, InvalidArgumentError, Option } from 'commander'
import { compareGateways, type DemoOptions } from './demo/comparison.js'
import { conclusion, describeComparisons, findProblems } from './demo/report.js'
import { OWN_SAMPLES, readSamples } from './demo/samples.js'

function number(flags: string, description: string, least: number, most: number, fallback: number): Option {
  return new Option(flags, description).default(fallback).argParser((text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a whole number in ${least}..${most}.`)
  })
}

const options = new Command('pnpm demo')
  .description('Replays sample requests through the running gateway, with pooled memory and with its unpooled twin, and compares.')
  .option('--corpus <file>', 'samples to replay, one JSON object a line; default: the own ones of this project')
  .addOption(number('--requests <count>', 'requests of each load to each gateway', 1, 100_000_000, 4000))
  .addOption(number('--concurrency <count>', 'requests under way at once', 1, 1000, 16))
  .addOption(number('--enlarge <bytes>', 'bytes to which ordinary bodies are repeated for the second load; 0: none', 0, 2 ** 20, 2 ** 16))
  .addOption(number('--ingest <MiB>', 'messages over TCP to each gateway, in MiB; 0: none', 0, 4096, 64))
  .addOption(number('--seconds <count>', 'longest time for all loads of requests together', 1, 3600, 90))
  // `pnpm demo -- …` hands the two dashes on.
  .parse(process.argv.filter((word, index) => index !== 2 || word !== '--'))
  .opts<DemoOptions & { corpus?: string }>()
// On stderr, so that the tables on stdout can be piped.
const bar = new SingleBar({
  format: 'replaying {bar} {percentage} % · {value}/{total} requests · {eta_formatted} left',
  barsize: 32,
  hideCursor: true,
  noTTYOutput: true,
  notTTYSchedule: 5000
})
try {
  const comparisons = await compareGateways(readSamples(options.corpus ?? OWN_SAMPLES), options, bar)
  bar.stop()
  process.stdout.write(`\n${describeComparisons(comparisons)}\n\n${conclusion(comparisons)}\n`)
  const isCutShort = comparisons[0]?.sides.some(({ loads }) => loads.some(({ requests }) => requests < options.requests))
  if (isCutShort) process.stdout.write(`\nThe loads were cut short after ${options.seconds} s; figures are of what was sent.\n`)
  const problems = comparisons.flatMap(findProblems)
  for (const problem of problems) process.stderr.write(`FAILED: ${problem}\n`)
  if (problems.length > 0) process.exitCode = 1
} catch (error) {
  bar.stop()
  process.stderr.write(`FAILED: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
