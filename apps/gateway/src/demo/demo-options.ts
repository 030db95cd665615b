import { Command, InvalidArgumentError, Option } from 'commander'

/** What the demo was asked to do. */
export interface DemoOptions {
  /** Samples to replay instead of the project's own. */
  readonly corpus?: string
  /** Requests of each load to each gateway. */
  readonly requests: number
  /** Requests under way at once. */
  readonly concurrency: number
  /** Bytes to which ordinary bodies are repeated for the second load; 0: no such load. */
  readonly enlarge: number
  /** Longest time for all loads together, in seconds. */
  readonly seconds: number
}

/** Reads the command line, `pnpm demo -- …` included; prints help or what is wrong, and ends the process, where there is no more to do. */
export function readDemoOptions(argv: readonly string[]): DemoOptions {
  return new Command('pnpm demo')
    .description('Replays sample requests through the running gateway, with pooled memory and with its unpooled twin, and compares.')
    .option('--corpus <file>', 'samples to replay, one JSON object a line; default: the own ones of this project')
    .addOption(number('--requests <count>', 'requests of each load to each gateway', 1, 100_000_000, 4000))
    .addOption(number('--concurrency <count>', 'requests under way at once', 1, 1000, 16))
    .addOption(number('--enlarge <bytes>', 'bytes to which ordinary bodies are repeated for the second load; 0: none', 0, 2 ** 20, 2 ** 16))
    .addOption(number('--seconds <count>', 'longest time for all loads together', 1, 3600, 90))
    .parse(argv.filter((word, index) => index !== 2 || word !== '--'))
    .opts<DemoOptions>()
}

function number(flags: string, description: string, least: number, most: number, fallback: number): Option {
  return new Option(flags, description).default(fallback).argParser((text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a whole number in ${least}..${most}.`)
  })
}
