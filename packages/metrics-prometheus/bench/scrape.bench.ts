import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolManager } from '@pool/core'
import { registerPoolMetrics } from '@pool/metrics-prometheus'
import { Counter, Gauge, Registry } from 'prom-client'
import { median } from '../../../tooling/bench-kit/src/median.js'
import { cpuMs, StretchWatch } from '../../../tooling/bench-kit/src/stretch-watch.js'
import { progress } from '../../../tooling/bench-kit/src/subprocess.js'
import { figure, table, verdict } from '../../../tooling/bench-kit/src/table.js'
import { manyPools } from './many-pools.js'

interface Scrape {
  readonly wallMs: number
  readonly cpuMs: number
  readonly stretchMs: number
  readonly stretchCpuMs: number
}

const classLabels = ['pool', 'size_class'] as const

/** What one writes by hand: as many counters and gauges, each filled in its own `collect()`. */
function registerByHand(manager: PoolManager): Registry {
  const registry = new Registry()
  for (let number = 0; number < 10; number++) {
    const configuration = {
      name: number < 7 ? `c${number}_total` : `g${number}`,
      help: 'a figure',
      labelNames: classLabels,
      registers: [registry]
    }
    if (number < 7) {
      new Counter({
        ...configuration,
        collect() {
          this.reset()
          eachClass(manager, (labels, figure) => this.inc(labels, figure))
        }
      })
    } else {
      new Gauge({
        ...configuration,
        collect() {
          this.reset()
          eachClass(manager, (labels, figure) => this.set(labels, figure))
        }
      })
    }
  }
  return registry
}

function eachClass(manager: PoolManager, show: (labels: { pool: string; size_class: string }, figure: number) => void): void {
  for (const pool of manager.sources()) {
    for (const { bufferSize, acquisitions } of pool.stats().sizeClasses) {
      show({ pool: pool.name, size_class: String(bufferSize) }, acquisitions)
    }
  }
}

/** One scrape of 100 pools × 12 classes: how long it takes, and for how long nothing else runs meanwhile. */
export async function scrape(short: boolean): Promise<string> {
  const manager = manyPools()
  const ours = new Registry()
  registerPoolMetrics({ pools: manager, registry: ours })
  const subjects = { 'by hand: Counter and Gauge, each with a collect()': registerByHand(manager), 'registerPoolMetrics()': ours }
  const scrapes = new Map<string, Scrape[]>(Object.keys(subjects).map((name) => [name, []]))
  const rounds = short ? 15 : 60
  for (let round = 0; round < rounds; round++) {
    progress(`scrape ${round + 1} of ${rounds}`)
    for (const [name, registry] of Object.entries(subjects)) {
      scrapes.get(name)?.push(await scrapeOnce(registry))
      await sleep(20)
    }
  }
  progress('')
  manager.destroyAll()
  const rows = [...scrapes].flatMap(([name, all]) => {
    const isOurs = name.startsWith('register')
    const warm = all.slice(5)
    const of = (key: keyof Scrape) => warm.map((one) => one[key])
    const [wall, stretch] = [median(of('wallMs')), median(of('stretchMs'))]
    const worst = Math.max(...of('stretchCpuMs'))
    return [
      [name, '', ''],
      ['  one scrape, ms', figure(wall), isOurs ? verdict(wall, { most: 25 }) : ''],
      ['  one scrape, ms of CPU', figure(median(of('cpuMs'))), ''],
      ['  the very first, ms of CPU', figure(all[0]?.cpuMs ?? 0), ''],
      ['  longest stretch of a scrape, ms', figure(stretch), isOurs ? verdict(stretch, { most: 10 }) : ''],
      ['  longest stretch of all scrapes, ms of CPU', figure(worst), isOurs ? verdict(worst, { most: 10 }) : '']
    ]
  })
  return table([`100 pools × 12 classes, ${rounds - 5} scrapes`, 'median', 'bar'], rows)
}

async function scrapeOnce(registry: Registry): Promise<Scrape> {
  const watch = new StretchWatch()
  const [start, cpuStart] = [performance.now(), cpuMs()]
  await registry.metrics()
  const [wallMs, cpu] = [performance.now() - start, cpuMs() - cpuStart]
  const stretch = watch.stop()
  return { wallMs, cpuMs: cpu, stretchMs: stretch.wallMs, stretchCpuMs: stretch.cpuMs }
}
