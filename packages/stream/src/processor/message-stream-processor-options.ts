import type { WritableOptions } from 'node:stream'
import type { BufferSource, StatsSource } from '@pool/core'
import {
  can,
  invalid,
  type NonSharedBuffer,
  validBoolean,
  validFunction,
  validInteger,
  validNumber,
  validOptions,
  validTimeout,
  validWait
} from '@pool/core/kit'
import { type MessageParsingOptions, type ParsingSettings, parsingSettings } from '../framing/framing-options.js'
import type { MessageContext } from './messages-in-flight.js'
import type { MessagePressureOptions, PressureSettings } from './pressure-gate.js'

/**
 * Handles one message. The handler may read `message` until its own result has settled, and must not touch it afterwards: copy bytes that you
 * keep. The stream emits the handler's result as `result`, and its error as `messageError`.
 */
export type MessageHandler = (message: NonSharedBuffer, context: MessageContext) => unknown

/** The options of {@link MessageStreamProcessor}. */
export interface MessageStreamProcessorOptions
  extends MessageParsingOptions,
    Pick<WritableOptions, 'highWaterMark' | 'signal' | 'emitClose' | 'autoDestroy'> {
  /** Called with each message. */
  readonly handler: MessageHandler
  /**
   * Looks at each message before the handler does, synchronously. `false`, an error and a promise reject the message, as `messageError`; any
   * other result lets it pass. Default: all pass.
   */
  readonly validate?: (message: NonSharedBuffer, context: MessageContext) => unknown
  /** How many handlers may run at a time, 1..1 000 000. Default 1. */
  readonly concurrency?: number
  /**
   * Whether `result` and the errors of messages that were handled or rejected come in the order of the messages. A result that waits
   * for one before it counts as running. Default false.
   */
  readonly ordered?: boolean
  /** How long a handler may take, in ms, above 0, or `Infinity`. Default 30 000. */
  readonly timeoutMs?: number
  /** Pauses while a pool is short of memory. Default: it does not. */
  readonly pressure?: MessagePressureOptions
}

/** The settings of a processor, validated and complete. */
export interface ProcessorSettings {
  readonly parsing: ParsingSettings
  readonly handler: MessageHandler
  readonly validate: MessageStreamProcessorOptions['validate']
  readonly concurrency: number
  readonly ordered: boolean
  readonly timeoutMs: number
  readonly pressure: PressureSettings | undefined
}

const ownNames = ['handler', 'validate', 'concurrency', 'ordered', 'timeoutMs', 'pressure']
const nodeNames = ['highWaterMark', 'signal', 'emitClose', 'autoDestroy']

/** Completes and validates; takes nothing from the pool. */
export function processorSettings(options: MessageStreamProcessorOptions): ProcessorSettings {
  const parsing = parsingSettings(options, [...ownNames, ...nodeNames])
  const { handler, validate, concurrency = 1, ordered = false } = options
  validFunction('handler', handler)
  if (validate !== undefined) validFunction('validate', validate)
  validInteger('concurrency', concurrency, 1, 1_000_000)
  validBoolean('ordered', ordered)
  const timeoutMs = validTimeout('timeoutMs', options.timeoutMs, 30_000)
  const pressure = options.pressure === undefined ? undefined : pressureSettings(options.pressure, parsing.pool)
  return { parsing, handler, validate, concurrency, ordered, timeoutMs, pressure }
}

function pressureSettings(options: MessagePressureOptions, pool: BufferSource<NonSharedBuffer>): PressureSettings {
  validOptions('pressure', options, ['source', 'pauseAt', 'resumeAt', 'checkMs', 'maxPauseMs'])
  const { pauseAt = 0.9, checkMs = 100, maxPauseMs = 5000 } = options
  const source = options.source ?? pool
  validNumber('pressure.pauseAt', pauseAt, 0, 1)
  const resumeAt = validNumber('pressure.resumeAt', options.resumeAt ?? Math.min(0.7, pauseAt), 0, pauseAt)
  validInteger('pressure.checkMs', checkMs, 1, 60_000)
  validWait('pressure.maxPauseMs', maxPauseMs)
  if (!hasStats(source)) throw invalid('pressure.source', 'something with stats(), such as a pool', source)
  return { source, pauseAt, resumeAt, checkMs, maxPauseMs }
}

function hasStats(source: BufferSource<NonSharedBuffer> | StatsSource): source is StatsSource {
  return can(source, 'stats')
}
