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

/** Receives OTLP over HTTP as a back end does, JSON at `/json` and protobuf at `/protobuf`, and keeps the last of each. */
export class OtlpReceiver {
  readonly url: string
  readonly #server: Server
  readonly #last = new Map<string, ReceivedPoint[]>()

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', async (incoming, response) => {
      const body = await buffer(incoming)
      const isJson = incoming.headers['content-type'] === 'application/json'
      const message = isJson ? request.fromObject(JSON.parse(body.toString())) : request.decode(body)
      this.#last.set(incoming.url ?? '', pointsOf(message))
      response.setHeader('content-type', incoming.headers['content-type'] ?? '').end(isJson ? '{}' : undefined)
    })
  }

  /** Listens on a free port of loopback. */
  static async start(): Promise<OtlpReceiver> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new OtlpReceiver(server)
  }

  /** The points of the last export to a path. */
  last(path: '/json' | '/protobuf'): readonly ReceivedPoint[] {
    return this.#last.get(path) ?? []
  }

  /** Stops listening. */
  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

function pointsOf(message: object): ReceivedPoint[] {
  const plain = request.toObject(message, { longs: Number })
  const all = plain.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
  return all.flatMap(({ name, unit, sum, gauge }) => {
    const kind = gauge !== undefined ? 'gauge' : sum?.isMonotonic === true ? 'counter' : 'upDownCounter'
    return ((gauge ?? sum)?.dataPoints ?? []).map(({ attributes = [], asInt, asDouble }) => ({
      name,
      unit,
      kind,
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue])),
      value: asInt ?? asDouble ?? Number.NaN
    }))
  })
}

interface GeneratedMessages {
  readonly opentelemetry: { proto: { collector: { metrics: { v1: { ExportMetricsServiceRequest: MessageClass } } } } }
}
interface MessageClass {
  decode(bytes: Uint8Array): object
  fromObject(plain: object): object
  toObject(message: object, options: { readonly longs: NumberConstructor }): ExportRequest
}
interface Points {
  readonly isMonotonic?: boolean
  readonly dataPoints?: readonly {
    readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[]
    readonly asInt?: number
    readonly asDouble?: number
  }[]
}
interface ExportRequest {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly { readonly name: string; readonly unit: string; readonly sum?: Points; readonly gauge?: Points }[]
    }[]
  }[]
}
