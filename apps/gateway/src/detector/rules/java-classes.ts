/** Words of Java deserialisation gadgets and process spawning; they are also looked for in base64. */
export const GADGET_WORDS = [
  'runtime',
  'processbuilder',
  'clonetransformer',
  'forclosure',
  'instantiatefactory',
  'instantiatetransformer',
  'invokertransformer',
  'prototypeclonefactory',
  'prototypeserializationfactory',
  'whileclosure'
] as const

/**
 * The three forms that a word can take inside base64, by its position modulo 3: the letters that do not depend on the bytes
 * before or after it.
 */
export function base64Forms(word: string): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(' '.repeat(shift) + word, 'latin1')
      .toString('base64')
      .replace(/=+$/, '')
    const start = Math.ceil((shift * 8) / 6)
    const end = Math.floor(((shift + word.length) * 8) / 6)
    return encoded.slice(start, end)
  })
}
