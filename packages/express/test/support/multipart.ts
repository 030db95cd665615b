/** A part of a form: a file where it has a filename. */
export interface Part {
  readonly name: string
  readonly filename?: string
  readonly bytes: Uint8Array | string
}

const boundary = 'x-boundary-of-tests'

/** The content type of {@link form}. */
export const formType = `multipart/form-data; boundary=${boundary}`

/** The body of a form, as browsers send it. */
export function form(...parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, filename, bytes }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\ncontent-type: application/octet-stream`
    return [
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`),
      Buffer.from(bytes),
      Buffer.from('\r\n')
    ]
  })
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}
