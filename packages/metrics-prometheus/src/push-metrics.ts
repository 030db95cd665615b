import { outsideRequests } from '@pool/core/kit'
import { longestTimerMs, validFunction, validInteger, validOptions } from '@pool/core/kit/universal'

/** The options of {@link pushMetrics}: how it sends the page, and how often. */
export interface PushMetricsOptions {
  /**
   * Sends the page: `() => gateway.pushAdd({ jobName: 'uploads' })` with a `Pushgateway` of `prom-client`, or a request of your own with
   * `await register.metrics()`.
   */
  readonly push: () => PromiseLike<unknown>
  /** Between the beginnings of two pushes, in ms: 100..2147483647. Default 15 000. */
  readonly intervalMs?: number
  /** Called with the reason of each push that rejects. Default: a warning of the process for the first, `POOL_PUSH_FAILED`. */
  readonly onError?: (error: unknown) => void
}

/** Pushes that go on. */
export interface MetricsPush {
  /**
   * Ends the timer, and pushes the figures of the end, after a push that is under way; twice where nothing was pushed before, since counters
   * are 0 on the first page. Never rejects; may be called again.
   */
  stop(): Promise<void>
}

/**
 * Pushes metrics on a timer, for processes that no Prometheus can scrape. One push at a time: while one takes longer than the interval, the
 * next is left out. The timer does not keep the process alive; call `stop()` at the end, so that the last figures are not lost.
 * @throws `ERR_POOL_INVALID_OPTION`
 */
export function pushMetrics(options: PushMetricsOptions): MetricsPush {
  validOptions('options', options, ['push', 'intervalMs', 'onError'])
  const { push, intervalMs = 15_000, onError = warnOnce() } = options
  validFunction('push', push)
  validInteger('intervalMs', intervalMs, 100, longestTimerMs)
  validFunction('onError', onError)
  let underWay: Promise<void> | undefined
  let stopped: Promise<void> | undefined
  let pushes = 0
  const pushOnce = async (): Promise<void> => {
    pushes++
    try {
      await push()
    } catch (error) {
      onError(error)
    }
  }
  const onTimer = (): void => {
    underWay ??= pushOnce().finally(() => (underWay = undefined))
  }
  const timer = outsideRequests(() => setInterval(onTimer, intervalMs))
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      stopped ??= Promise.resolve(underWay)
        // The first page has counters at 0, so that a process that ends before its second push would show nothing that it counted.
        .then(() => (pushes === 0 ? pushOnce() : undefined))
        .then(pushOnce)
      return stopped
    }
  }
}

function warnOnce(): () => void {
  let isTold = false
  return () => {
    if (isTold) return
    isTold = true
    process.emitWarning('metrics of pools could not be pushed. Give onError to see why.', {
      type: 'PoolMetricsWarning',
      code: 'POOL_PUSH_FAILED'
    })
  }
}
