import { narrowed, type Recoded, transferred } from '../decode/recoded.js'
import { bodyTypeOf } from './body-type.js'
import { type FieldReader, ORIGIN, type Origin, type Turns } from './field.js'
import { visitPairs } from './form-fields.js'
import { visitJson } from './json-fields.js'
import { boundaryOf, visitMultipart } from './multipart-fields.js'
import { visitXml } from './xml-fields.js'

/** Declared types that do not say what a text is: it may be a bare value. */
const BARE_TYPES = /^(?:$|text\/plain|application\/octet-stream)/i
/** Declared types that name the kind of a text. A text of any other type may be a bare value too, unless its bytes are not text. */
const DOCUMENT_TYPES = /^(?:text\/(?!plain)|image\/|audio\/|video\/|font\/|application\/[\w.-]*(?:javascript|typescript|yaml|sql|xhtml))/i
/** An XML body up to this many bytes is a message whose values are parameters; a longer one is a document of fields. */
const XML_MESSAGE_BYTES = 1024
const XML_FIELDS_BYTES = 16384
/** A bare line up to this many bytes may be a value with padding. */
const BARE_LINE_BYTES = 16_384

/** Takes the fields of a body, as its declared type and its looks say; in another encoding both as a server decodes them and as one that does not. */
export function visitBody(contentType: string, body: Buffer, start: number, end: number, reader: FieldReader): Turns {
  const narrow = narrowed(body, start, end)
  if (narrow === undefined) return visitAsSent(contentType, body, start, end, reader)
  // No parser takes it for JSON or XML in bytes.
  const typeInBytes = /[/+](?:json|xml)/i.test(contentType) ? 'text/plain' : contentType
  return visitRecoded(
    narrow,
    start,
    reader,
    (bytes) => visitAsSent(contentType, bytes, 0, bytes.length, reader),
    () => visitAsSent(typeInBytes, body, start, end, reader)
  )
}

function visitAsSent(contentType: string, body: Buffer, start: number, end: number, reader: FieldReader): Turns {
  switch (bodyTypeOf(contentType, body, start, end)) {
    case 'form':
      return visitPairs(body, start, trimmedEnd(body, start, end), ORIGIN.value, reader)
    case 'json':
      return visitJsonBody(contentType, body, start, end, reader)
    case 'xml':
      return visitXmlBody(body, start, end, reader)
    case 'multipart':
      return visitParts(contentType, body, start, end, reader)
    default:
      return visitText(contentType, body, start, end, reader)
  }
}

function* visitJsonBody(contentType: string, body: Buffer, start: number, end: number, reader: FieldReader): Turns {
  if ((yield* visitJson(body, start, end, reader)) < end) yield* visitText(contentType, body, start, end, reader)
}

/** Visits what stands in place of the bytes from `start` on, whose last field may still be to be scanned when that ends; then those bytes themselves. */
function* visitRecoded(
  { bytes, unit, isCertain }: Recoded,
  start: number,
  reader: FieldReader,
  visit: (bytes: Buffer) => Turns | undefined,
  visitOriginal: () => Turns | undefined
): Turns {
  reader.relocate(start, unit)
  yield* visit(bytes) ?? []
  if (reader.isDue()) yield
  reader.relocate(0, 1)
  if (!isCertain) yield* visitOriginal() ?? []
}

function visitRecodedPart(
  recoded: Recoded,
  body: Buffer,
  start: number,
  end: number,
  isFile: boolean,
  type: string,
  reader: FieldReader
): Turns {
  const visit = (bytes: Buffer, from: number, to: number): undefined => {
    visitPart(bytes, from, to, isFile, type, reader)
  }
  return visitRecoded(
    recoded,
    start,
    reader,
    (bytes) => visit(bytes, 0, bytes.length),
    () => visit(body, start, end)
  )
}

function* visitParts(contentType: string, body: Buffer, start: number, end: number, reader: FieldReader): Turns {
  const boundary = boundaryOf(contentType, body, start)
  const complete =
    boundary !== '' &&
    (yield* visitMultipart(body, boundary, reader, (from, to, isFile, type, encoding) => {
      const recoded = transferred(encoding, body, from, to) ?? narrowed(body, from, to)
      if (recoded === undefined) visitPart(body, from, to, isFile, type, reader)
      else reader.visit(visitRecodedPart(recoded, body, from, to, isFile, type, reader))
    }))
  // Text outside its parts means that the body is not multipart, and it may be anything.
  if (!complete) yield* visitBody('', body, start, end, reader)
}

function* visitText(contentType: string, body: Buffer, start: number, end: number, reader: FieldReader): Turns {
  reader.scan(ORIGIN.text, body, start, end)
  if (reader.isDue()) yield
  if (mayBeBare(contentType, body) && isOneLine(body, start, end)) reader.scan(ORIGIN.string, body, start, end)
}

function mayBeBare(contentType: string, body: Buffer): boolean {
  return (BARE_TYPES.test(contentType) || !DOCUMENT_TYPES.test(contentType)) && !body.includes(0)
}

/** A line of text may be a document, or a value that was sent bare. */
function isOneLine(body: Uint8Array, start: number, end: number): boolean {
  const to = trimmedEnd(body, start, end)
  if (to - start > BARE_LINE_BYTES) return false
  for (let index = start; index < to; index += 1) if (body[index] === 10) return false
  return true
}

function visitPart(body: Buffer, start: number, end: number, isFile: boolean, type: string, reader: FieldReader): void {
  const nested = /[/+](?:json|xml)$/.test(type) ? bodyTypeOf(type, body, start, end) : 'text'
  if (nested === 'json' || nested === 'xml') reader.visit(visitBody(type, body, start, end, reader))
  else if (isFile) reader.scan(ORIGIN.text, body, start, end)
  else reader.scan(ORIGIN.part, body, start, end)
}

function* visitXmlBody(body: Buffer, start: number, end: number, reader: FieldReader): Turns {
  const origin: Origin = end - start <= XML_MESSAGE_BYTES ? ORIGIN.part : ORIGIN.xml
  if (end - start <= XML_FIELDS_BYTES) yield* visitXml(body, start, end, origin, reader)
  reader.scan(ORIGIN.text, body, start, end)
}

function trimmedEnd(body: Uint8Array, start: number, end: number): number {
  let to = end
  while (to > start && (body[to - 1] === 10 || body[to - 1] === 13)) to -= 1
  return to
}
