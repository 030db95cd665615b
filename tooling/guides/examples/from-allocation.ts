import { createHash } from 'node:crypto'
import { SizeClassPool } from '@pool/core'

const pool = new SizeClassPool({ name: 'records', clear: 'never' })

// Was: the record is allocated, and left to the collector.
function digestBefore(text: string): string {
  const record = Buffer.allocUnsafe(text.length * 3)
  const length = record.write(text)
  return createHash('sha256').update(record.subarray(0, length)).digest('hex')
}

// Is: the record is lent, and released on return and on throw.
function digest(text: string): string {
  return pool.withBufferSync(text.length * 3, (record) => {
    const length = record.write(text)
    return createHash('sha256').update(record.subarray(0, length)).digest('hex')
  })
}

const text = 'ä line of text '.repeat(2000)
console.log(digest(text) === digestBefore(text))
pool.destroy()
