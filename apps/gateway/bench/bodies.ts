/** A body to measure with, and the MB/s that it should be read at. */
export interface MeasuredBody {
  readonly name: string
  readonly type: string
  readonly body: Buffer
  readonly least: number
}

const PEOPLE = ['Alice Johnson', 'Carla García', "Sean O'Brien", 'Dmitri Müller', 'Grace Okafor', 'Hiro Tanaka', 'Kim Novák']
const NOTES = [
  'The order was packed on Monday and leaves the warehouse tomorrow.',
  'Please call before delivery, the bell is broken.',
  'Customer prefers the afternoon (after 3 pm).',
  'Blue, size M, cotton.',
  'Invoice is attached as agreed; payment within 30 days.',
  'Great value - would buy again.'
]

function recordOf(index: number) {
  const [name, note] = [PEOPLE[index % PEOPLE.length], NOTES[index % NOTES.length]]
  const created = `2026-0${1 + (index % 9)}-12T10:11:12.000Z`
  return { id: 4000 + index, name, email: `customer.${index}@example.com`, city: 'Springfield', zip: String(10_000 + index), created, note }
}

function json(bytes: number): Buffer {
  return grown(bytes, (count) =>
    JSON.stringify({ items: Array.from({ length: count }, (_, index) => ({ ...recordOf(index), active: true })) })
  )
}

function form(bytes: number): Buffer {
  const pairs = (index: number): string =>
    new URLSearchParams({ ...recordOf(index), id: String(index) } as Record<string, string>).toString()
  return grown(bytes, (count) => Array.from({ length: count }, (_, index) => pairs(index)).join('&'))
}

function parts(bytes: number): Buffer {
  const part = (index: number): string =>
    `--x\r\nContent-Disposition: form-data; name="field${index % 20}"\r\n\r\n${recordOf(index).name}\r\n`
  return grown(bytes, (count) => `${Array.from({ length: count }, (_, index) => part(index)).join('')}--x--\r\n`)
}

function lines(bytes: number, line: (note: string) => string): Buffer {
  return grown(bytes, (count) => Array.from({ length: count }, (_, index) => line(recordOf(index).note ?? '')).join('\n'))
}

/** The first text of at least `bytes` that `write` makes, for a growing count. */
function grown(bytes: number, write: (count: number) => string): Buffer {
  for (let count = 1; ; count *= 2) {
    const text = write(count)
    if (text.length >= bytes) return Buffer.from(write(Math.max(1, Math.round((count * bytes) / text.length))))
  }
}

const KIBIBYTE = 1024
const FORM = 'application/x-www-form-urlencoded'

export const BODIES: readonly MeasuredBody[] = [
  { name: 'JSON, 2 KiB', type: 'application/json', body: json(2 * KIBIBYTE), least: 300 },
  { name: 'JSON, 64 KiB', type: 'application/json', body: json(64 * KIBIBYTE), least: 300 },
  { name: 'form, 2 KiB', type: FORM, body: form(2 * KIBIBYTE), least: 150 },
  { name: 'form, 64 KiB', type: FORM, body: form(64 * KIBIBYTE), least: 150 },
  { name: 'text, 64 KiB', type: 'text/plain', body: lines(64 * KIBIBYTE, (note) => note), least: 400 },
  { name: 'HTML, 64 KiB', type: 'text/html', body: lines(64 * KIBIBYTE, (note) => `<p class="note">${note}</p>`), least: 400 },
  { name: 'tiny parts, 64 KiB', type: 'multipart/form-data; boundary=x', body: parts(64 * KIBIBYTE), least: 100 }
]
