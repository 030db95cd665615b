import * as z from 'zod'
import { mostQuarantinedBytes } from './quarantine/quarantined-message.js'

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE
const MINUTE_MS = 60_000

/** A whole number in decimal digits; anything else that JavaScript would take for a number is refused. */
function wholeNumber(least: number, most: number, fallback: number) {
  return digits(least, most).default(fallback)
}

/** The same where nothing stands for a variable that is not set. */
function digits(least: number, most: number) {
  const expected = `expected a whole number in ${least}..${most}`
  return z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .pipe(z.number().min(least, expected).max(most, expected))
}

function oneOf<const T extends readonly [string, ...string[]]>(choices: T, fallback: T[number]) {
  return z.enum(choices, `expected one of ${choices.join(', ')}`).default(fallback)
}

const settings = z
  .object({
    /** TCP port; 0 lets the system choose one. */
    port: wholeNumber(0, 65_535, 3000),
    /** TCP port for streams of messages; 0 lets the system choose one. Undefined: no such port. */
    ingestPort: digits(0, 65_535).optional(),
    /** Where messages begin and end on that port. */
    ingestFraming: oneOf(['u32be', 'varint', 'newline'], 'u32be'),
    /** Bound on the bytes of such streams that were read and not judged, out and idle, in each worker. */
    ingestPoolMaxBytes: wholeNumber(MEBIBYTE, 64 * KIBIBYTE * MEBIBYTE, 16 * MEBIBYTE),
    /** Address to listen on; undefined: every address of the machine. */
    host: z.string().optional(),
    /** The least level that is logged. */
    logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
    /** Processes that serve; above 1 they share the port through node:cluster. */
    workers: wholeNumber(1, 128, 1),
    /** Whether memory is reused, or each request allocates its own. */
    pooling: oneOf(['pooled', 'unpooled'], 'pooled'),
    /** Bound on the bytes of bodies that are alive at once, out and idle together, in each worker. */
    poolMaxBytes: wholeNumber(KIBIBYTE, 64 * KIBIBYTE * MEBIBYTE, 64 * MEBIBYTE),
    /** How long a request waits for memory before it is answered 503. */
    poolWaitMs: wholeNumber(0, MINUTE_MS, 1000),
    /** Longest body, after inflation. */
    bodyLimitBytes: wholeNumber(1, KIBIBYTE * MEBIBYTE, MEBIBYTE),
    /** Whether `x-original-method` and `x-original-uri` name the request that is judged. */
    originalRequest: oneOf(['honour', 'ignore'], 'honour'),
    /** Longest head of a request: its first line and headers together. */
    maxHeaderBytes: wholeNumber(KIBIBYTE, MEBIBYTE, 16 * KIBIBYTE),
    /** The most headers of a request. */
    maxHeaders: wholeNumber(1, 2000, 100),
    /** Connections at once, in each worker; more are closed at once. */
    maxConnections: wholeNumber(1, 1_000_000, 10_000),
    /** Requests after which a connection is closed; 0: never. */
    maxRequestsPerConnection: wholeNumber(0, 1_000_000_000, 0),
    /** From the first byte of a request to the end of its headers. */
    headersTimeoutMs: wholeNumber(10, 60 * MINUTE_MS, 10_000),
    /** From the first byte of a request to the end of its body. */
    requestTimeoutMs: wholeNumber(10, 60 * MINUTE_MS, 30_000),
    /** How long a connection is kept for a next request. */
    keepAliveTimeoutMs: wholeNumber(1, 60 * MINUTE_MS, 5000),
    /** How long a connection may show no sign of life, as when a client does not read its answer. */
    idleTimeoutMs: wholeNumber(10, 60 * MINUTE_MS, MINUTE_MS),
    /** How long requests in flight may take to finish after SIGTERM. */
    shutdownTimeoutMs: wholeNumber(1, 60 * MINUTE_MS, 10_000),
    /** How long an idle connection is kept after SIGTERM, for a request that is on its way. */
    shutdownIdleMs: wholeNumber(0, MINUTE_MS, 1000),
    /** How the figures of the pools are shown. */
    metrics: oneOf(['prometheus', 'otlp', 'none'], 'prometheus'),
    /** Where the primary of several workers serves the page for Prometheus; 0 lets the system choose. A single process has it on `port`. */
    metricsPort: wholeNumber(0, 65_535, 9464),
    /** How often figures are sent over OTLP. */
    otelMetricExportInterval: wholeNumber(1, 60 * MINUTE_MS, MINUTE_MS),
    /** How long sending them may take. */
    otelMetricExportTimeout: wholeNumber(1, 60 * MINUTE_MS, 30_000),
    /** Redis whose queue gets the messages of streams that are threats; undefined: they are kept nowhere. */
    queueUrl: z
      .string()
      .regex(/^rediss?:\/\//, 'expected a URL that begins with redis:// or rediss://')
      .optional(),
    /** The queue there. */
    queueName: z
      .string()
      .regex(/^[\w.:-]{1,100}$/, 'expected 1 to 100 letters, digits, dots, colons, dashes and underlines')
      .default('quarantine'),
    /** Bound on the bytes of such messages that Redis does not have yet, in each worker. */
    queuePoolMaxBytes: wholeNumber(KIBIBYTE, 64 * KIBIBYTE * MEBIBYTE, 16 * MEBIBYTE),
    /** Whether `/pools` shows the pools live, to this machine. */
    live: oneOf(['on', 'off'], 'off'),
    /** File of the users and the hashes of their passwords; undefined: no log-in. */
    usersFile: z.string().optional(),
    /** Whether the user of the README may log in, with the password that stands there. */
    demoUser: oneOf(['on', 'off'], 'off'),
    /** Folder whose files are served; undefined: none are. */
    filesDir: z.string().optional(),
    /** Bound on the bytes of files that are read or sent at once, in each worker. */
    filesPoolMaxBytes: wholeNumber(128 * KIBIBYTE, 64 * KIBIBYTE * MEBIBYTE, 16 * MEBIBYTE)
  })
  .superRefine((all, context) => {
    const refuse = (setting: string, message: string) => context.addIssue({ code: 'custom', path: [setting], message })
    if (all.bodyLimitBytes > all.poolMaxBytes) {
      refuse('bodyLimitBytes', `expected at most POOL_MAX_BYTES, which is ${all.poolMaxBytes}: no body above it could be held`)
    }
    const mostKept = mostQuarantinedBytes(all.bodyLimitBytes)
    if (all.queueUrl !== undefined && mostKept > all.queuePoolMaxBytes) {
      refuse('queuePoolMaxBytes', `expected at least ${mostKept}, for a message of BODY_LIMIT_BYTES with its verdict`)
    }
    if (all.headersTimeoutMs > all.requestTimeoutMs) {
      refuse('headersTimeoutMs', `expected at most REQUEST_TIMEOUT_MS, which is ${all.requestTimeoutMs}: headers are a part of a request`)
    }
    if (all.ingestPort !== undefined && all.ingestPort !== 0 && all.ingestPort === all.port) {
      refuse('ingestPort', 'expected another port than PORT: that one speaks HTTP')
    }
    if (all.metrics === 'prometheus' && all.workers > 1 && all.port !== 0 && all.metricsPort === all.port) {
      refuse('metricsPort', 'expected another port than PORT: the workers listen there')
    }
  })

/** The configuration from the environment, complete and validated. Bytes and milliseconds where the names say so. */
export type GatewayConfig = Readonly<z.infer<typeof settings>>

/** The gateway can't start with this configuration; the message has a sentence for each cause. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  /** @param problems - sentences; each starts with the name of a variable, and repeats no value */
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

/** The variable of the environment that holds a setting: `PORT` for `port`. */
export function variableOf(setting: string): string {
  return setting.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
}

/**
 * Reads the configuration. An empty variable counts as one that is not set.
 * @throws ConfigError that names every wrong variable; values are not repeated, since a secret may stand in the wrong variable
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const set = Object.keys(settings.shape).map((setting) => [setting, environment[variableOf(setting)] || undefined])
  const result = settings.safeParse(Object.fromEntries(set))
  if (result.success) return result.data
  throw new ConfigError(result.error.issues.map(({ path, message }) => `${variableOf(path.join('.'))}: ${message}`))
}
