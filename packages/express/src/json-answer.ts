import type { ServerResponse } from 'node:http'

/** Answers with JSON that no cache keeps and no browser takes for anything else. */
export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value)
  response.statusCode = status
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('content-length', Buffer.byteLength(text))
  response.end(text)
}
