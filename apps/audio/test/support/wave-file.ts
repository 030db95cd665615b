/** A sine as a WAV file: one channel, 16 bits, 44.1 kHz. */
export function waveFile(hz: number, seconds: number): Buffer {
  const [sampleRate, headerBytes] = [44_100, 44]
  const frames = sampleRate * seconds
  const file = Buffer.alloc(headerBytes + 2 * frames)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(file.length - 8, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE(2 * sampleRate, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(2 * frames, 40)
  for (let at = 0; at < frames; at++)
    file.writeInt16LE(Math.round(20_000 * Math.sin((2 * Math.PI * hz * at) / sampleRate)), headerBytes + 2 * at)
  return file
}
