import { z } from 'zod'

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE
const MINUTE_MS = 60_000

/** A whole number in decimal digits; anything else that JavaScript would take for a number is refused. */
function wholeNumber(least: number, most: number, fallback: number) {
  const expected = `a whole number in ${least}..${most}`
  return z
    .string()
    .regex(/^\d{1,15}$/, `expected ${expected}`)
    .transform(Number)
    .pipe(z.number().min(least, `expected ${expected}`).max(most, `expected ${expected}`))
    .default(fallback)
}

function oneOf<const T extends readonly [string, ...string[]]>(choices: T, fallback: T[number]) {
  return z.enum(choices, `expected one of ${choices.join(', ')}`).default(fallback)
}

const variables = z
  .object({
    PORT: wholeNumber(0, 65_535, 3000),
    HOST: z.string().optional(),
    LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
    WORKERS: wholeNumber(1, 128, 1),
    POOLING: oneOf(['pooled', 'unpooled'], 'pooled'),
    POOL_MAX_BYTES: wholeNumber(KIBIBYTE, 64 * KIBIBYTE * MEBIBYTE, 64 * MEBIBYTE),
    POOL_WAIT_MS: wholeNumber(0, MINUTE_MS, 1000),
    BODY_LIMIT_BYTES: wholeNumber(1, KIBIBYTE * MEBIBYTE, MEBIBYTE),
    ORIGINAL_REQUEST: oneOf(['honour', 'ignore'], 'honour'),
    MAX_HEADER_BYTES: wholeNumber(KIBIBYTE, MEBIBYTE, 16 * KIBIBYTE),
    MAX_HEADERS: wholeNumber(1, 2000, 100),
    MAX_CONNECTIONS: wholeNumber(1, 1_000_000, 10_000),
    MAX_REQUESTS_PER_CONNECTION: wholeNumber(0, 1_000_000_000, 0),
    HEADERS_TIMEOUT_MS: wholeNumber(10, 60 * MINUTE_MS, 10_000),
    REQUEST_TIMEOUT_MS: wholeNumber(10, 60 * MINUTE_MS, 30_000),
    KEEP_ALIVE_TIMEOUT_MS: wholeNumber(1, 60 * MINUTE_MS, 5000),
    IDLE_TIMEOUT_MS: wholeNumber(10, 60 * MINUTE_MS, MINUTE_MS),
    SHUTDOWN_TIMEOUT_MS: wholeNumber(1, 60 * MINUTE_MS, 10_000),
    METRICS: oneOf(['prometheus', 'otlp', 'none'], 'prometheus'),
    METRICS_PORT: wholeNumber(0, 65_535, 9464),
    OTEL_METRIC_EXPORT_INTERVAL: wholeNumber(1, 60 * MINUTE_MS, MINUTE_MS),
    OTEL_METRIC_EXPORT_TIMEOUT: wholeNumber(1, 60 * MINUTE_MS, 30_000),
    USERS_FILE: z.string().optional(),
    DEMO_USER: oneOf(['on', 'off'], 'off'),
    FILES_DIR: z.string().optional(),
    FILES_POOL_MAX_BYTES: wholeNumber(128 * KIBIBYTE, 64 * KIBIBYTE * MEBIBYTE, 16 * MEBIBYTE)
  })
  .superRefine((all, context) => {
    const refuse = (variable: string, message: string) => context.addIssue({ code: 'custom', path: [variable], message })
    if (all.BODY_LIMIT_BYTES > all.POOL_MAX_BYTES) {
      refuse('BODY_LIMIT_BYTES', `expected at most POOL_MAX_BYTES, which is ${all.POOL_MAX_BYTES}: no body above it could be held`)
    }
    if (all.HEADERS_TIMEOUT_MS > all.REQUEST_TIMEOUT_MS) {
      refuse(
        'HEADERS_TIMEOUT_MS',
        `expected at most REQUEST_TIMEOUT_MS, which is ${all.REQUEST_TIMEOUT_MS}: headers are a part of a request`
      )
    }
    if (all.METRICS === 'prometheus' && all.WORKERS > 1 && all.PORT !== 0 && all.METRICS_PORT === all.PORT) {
      refuse('METRICS_PORT', 'expected another port than PORT: the workers listen there')
    }
  })
  .transform((all) => ({
    /** TCP port; 0 lets the system choose one. */
    port: all.PORT,
    /** Address to listen on; undefined: every address of the machine. */
    host: all.HOST,
    /** The least level that is logged. */
    logLevel: all.LOG_LEVEL,
    /** Processes that serve; above 1 they share the port through node:cluster. */
    workers: all.WORKERS,
    /** Whether memory is reused, or each request allocates its own. */
    pooling: all.POOLING,
    /** Bound on the bytes of bodies that are alive at once, out and idle together, in each worker. */
    poolMaxBytes: all.POOL_MAX_BYTES,
    /** How long a request waits for memory before it is answered 503. */
    poolWaitMs: all.POOL_WAIT_MS,
    /** Longest body, after inflation. */
    bodyLimitBytes: all.BODY_LIMIT_BYTES,
    /** Whether `x-original-method` and `x-original-uri` name the request that is judged. */
    originalRequest: all.ORIGINAL_REQUEST,
    /** Longest head of a request: its first line and headers together. */
    maxHeaderBytes: all.MAX_HEADER_BYTES,
    /** The most headers of a request. */
    maxHeaders: all.MAX_HEADERS,
    /** Connections at once, in each worker; more are closed at once. */
    maxConnections: all.MAX_CONNECTIONS,
    /** Requests after which a connection is closed; 0: never. */
    maxRequestsPerConnection: all.MAX_REQUESTS_PER_CONNECTION,
    /** From the first byte of a request to the end of its headers. */
    headersTimeoutMs: all.HEADERS_TIMEOUT_MS,
    /** From the first byte of a request to the end of its body. */
    requestTimeoutMs: all.REQUEST_TIMEOUT_MS,
    /** How long a connection is kept for a next request. */
    keepAliveTimeoutMs: all.KEEP_ALIVE_TIMEOUT_MS,
    /** How long a connection may show no sign of life, as when a client does not read its answer. */
    idleTimeoutMs: all.IDLE_TIMEOUT_MS,
    /** How long requests in flight may take to finish after SIGTERM. */
    shutdownTimeoutMs: all.SHUTDOWN_TIMEOUT_MS,
    /** How the pools' figures get to whoever watches. */
    metrics: all.METRICS,
    /** Where the primary of several workers serves the page for Prometheus; 0 lets the system choose. A single process has it on `port`. */
    metricsPort: all.METRICS_PORT,
    /** How often figures are sent over OTLP. */
    otelMetricExportInterval: all.OTEL_METRIC_EXPORT_INTERVAL,
    /** How long sending them may take. */
    otelMetricExportTimeout: all.OTEL_METRIC_EXPORT_TIMEOUT,
    /** File of those who may log in, and what is kept of their passwords; undefined: nobody may. */
    usersFile: all.USERS_FILE,
    /** Whether the user of the README may log in, with the password that stands there. */
    demoUser: all.DEMO_USER,
    /** Folder whose files are served; undefined: none are. */
    filesDir: all.FILES_DIR,
    /** Bound on the bytes of files that are read or sent at once, in each worker. */
    filesPoolMaxBytes: all.FILES_POOL_MAX_BYTES
  }))

/** What the environment says, complete and validated. Bytes and milliseconds where the names say so. */
export type GatewayConfig = Readonly<z.infer<typeof variables>>

/** The environment says something that can't be followed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** One sentence for each wrong variable; starts with its name. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the environment is wrong: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/**
 * Reads the configuration. An empty variable counts as one that is not set.
 * @throws ConfigError that names every wrong variable; values are not repeated, since they may be somebody's secret in the wrong place
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const set = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '')
  const result = variables.safeParse(Object.fromEntries(set))
  if (result.success) return result.data
  throw new ConfigError(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`))
}
