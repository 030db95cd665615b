import { PoolError } from '@pool/core'

/** The settings of `@pool/advisor/register`, from the environment. */
export interface Settings {
  /** Where the profile is written: `%p` stands for the process id. */
  readonly output: string
  /** Seconds after which the profile is written and the observation ends; undefined: at the end of the program. */
  readonly seconds: number | undefined
  /** Mean distance of two samples, bytes. */
  readonly meanBytes: number | undefined
}

/**
 * Reads `POOL_ADVISOR_OUTPUT` (default `pool-advisor-%p.json`), `POOL_ADVISOR_SECONDS` and `POOL_ADVISOR_MEAN_BYTES`.
 * @throws `ERR_POOL_INVALID_OPTION` with the variable's name
 */
export function settingsOf(environment: NodeJS.ProcessEnv): Settings {
  return {
    output: environment.POOL_ADVISOR_OUTPUT || 'pool-advisor-%p.json',
    seconds: numberOf(environment, 'POOL_ADVISOR_SECONDS', 0.1, 86_400),
    meanBytes: numberOf(environment, 'POOL_ADVISOR_MEAN_BYTES', 1024, 2 ** 30)
  }
}

function numberOf(environment: NodeJS.ProcessEnv, name: string, min: number, max: number): number | undefined {
  const text = environment[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (value >= min && value <= max) return value
  throw new PoolError('ERR_POOL_INVALID_OPTION', `${name} must be a number in ${min}..${max}.`)
}

/**
 * The file of one process. A program's child processes inherit its settings: the file of a descendant has the process id before its
 * extension, unless `%p` brings it in.
 * @param isFirst - whether this process is the first one that was started under these settings
 */
export function outputFile({ output }: Settings, pid: number, isFirst: boolean): string {
  if (output.includes('%p')) return output.replaceAll('%p', String(pid))
  return isFirst ? output : output.replace(/(\.[^./\\]+)?$/, `.${pid}$1`)
}
