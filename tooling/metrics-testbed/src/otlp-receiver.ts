import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

// The messages that the transformer is generated with: inside of it, without types, and no longer in its later versions.
const require = createRequire(import.meta.url)
const root = require('@opentelemetry/otlp-transformer/build/src/generated/root') as GeneratedMessages
const request = root.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest

/** A figure as it was received. */
export interface ReceivedPoint {
  readonly name: string
  readonly unit: string
  /** `sum` that only rises, `sum` that may fall, or `gauge`. */
  readonly kind: 'counter' | 'upDownCounter' | 'gauge'
  readonly attributes: Readonly<Record<string, string>>
  readonly value: number
}

/** The content of one request. */
export interface ReceivedExport {
  /** The attributes of who sent it, those that are text. */
  readonly resource: Readonly<Record<string, string>>
  readonly points: readonly ReceivedPoint[]
}

/** The same for two points of one series: its name and attributes. */
export function seriesKey({ name, attributes }: Pick<ReceivedPoint, 'name' | 'attributes'>): string {
  return `${name} ${JSON.stringify(Object.entries(attributes).sort())}`
}

/** Receives OTLP over HTTP as a back end does, JSON or protobuf, and keeps every export to each path. */
export class OtlpReceiver {
  readonly url: string
  readonly #server: Server
  readonly #exports = new Map<string, ReceivedExport[]>()

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', async (incoming, response) => {
      const body = await buffer(incoming)
      const isJson = incoming.headers['content-type'] === 'application/json'
      const message = isJson ? request.fromObject(JSON.parse(body.toString())) : request.decode(body)
      const path = incoming.url ?? ''
      this.#exports.set(path, [...this.exports(path), receivedFrom(message)])
      response.setHeader('content-type', incoming.headers['content-type'] ?? '').end(isJson ? '{}' : undefined)
    })
  }

  /** Listens on a free port of loopback. */
  static async start(): Promise<OtlpReceiver> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new OtlpReceiver(server)
  }

  /** The exports to a path, first to last. */
  exports(path: string): readonly ReceivedExport[] {
    return this.#exports.get(path) ?? []
  }

  /** The points of the last export to a path. */
  last(path: string): readonly ReceivedPoint[] {
    return this.exports(path).at(-1)?.points ?? []
  }

  /** Stops listening. */
  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

function receivedFrom(message: object): ReceivedExport {
  const { resourceMetrics } = request.toObject(message, { longs: Number })
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  return {
    resource: textOf(resourceMetrics.flatMap(({ resource }) => resource?.attributes ?? [])),
    points: metrics.flatMap(({ name, unit, sum, gauge }) => {
      const kind = gauge !== undefined ? 'gauge' : sum?.isMonotonic === true ? 'counter' : 'upDownCounter'
      return ((gauge ?? sum)?.dataPoints ?? []).map(({ attributes = [], asInt, asDouble }) => ({
        name,
        unit,
        kind,
        attributes: textOf(attributes),
        value: asInt ?? asDouble ?? Number.NaN
      }))
    })
  }
}

function textOf(attributes: readonly TextAttribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))
}

interface GeneratedMessages {
  readonly opentelemetry: { proto: { collector: { metrics: { v1: { ExportMetricsServiceRequest: MessageClass } } } } }
}
interface MessageClass {
  decode(bytes: Uint8Array): object
  fromObject(plain: object): object
  toObject(message: object, options: { readonly longs: NumberConstructor }): ExportRequest
}
interface TextAttribute {
  readonly key: string
  readonly value: { readonly stringValue: string }
}
interface Points {
  readonly isMonotonic?: boolean
  readonly dataPoints?: readonly {
    readonly attributes?: readonly TextAttribute[]
    readonly asInt?: number
    readonly asDouble?: number
  }[]
}
interface ExportRequest {
  readonly resourceMetrics: readonly {
    readonly resource?: { readonly attributes?: readonly TextAttribute[] }
    readonly scopeMetrics: readonly {
      readonly metrics: readonly { readonly name: string; readonly unit: string; readonly sum?: Points; readonly gauge?: Points }[]
    }[]
  }[]
}
