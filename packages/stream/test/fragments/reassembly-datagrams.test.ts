import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { SizeClassPool } from '@pool/core'
import { expectNoLeaks } from '@pool/core/testing'
import { MessageReassembler, splitMessage } from '@pool/stream'
import { describe, expect, it } from 'vitest'
import { patterned } from '../support/fragments.js'

describe('messages over real datagrams', () => {
  it('are sent from header and piece without a copy, and whole again on the other side', async () => {
    const pool = new SizeClassPool()
    await expectNoLeaks(async () => {
      using reassembler = new MessageReassembler({ pool })
      const receiver = createSocket('udp4')
      const sender = createSocket('udp4')
      try {
        receiver.bind(0, '127.0.0.1')
        await once(receiver, 'listening')
        const whole = new Promise<Buffer>((resolve, reject) => {
          receiver.on('message', (datagram, peer) => {
            try {
              const lease = reassembler.add(datagram, `${peer.address}:${peer.port}`)
              if (lease === undefined) return
              resolve(Buffer.from(lease.buffer))
              lease.release()
            } catch (error) {
              reject(error)
            }
          })
        })
        const message = pool.lease(50_000)
        message.buffer.set(patterned(50_000))
        for (const { header, piece } of splitMessage(message.buffer, { maxFragmentBytes: 1200 })) {
          await new Promise<void>((resolve, reject) => {
            sender.send([header, piece], receiver.address().port, '127.0.0.1', (error) => (error ? reject(error) : resolve()))
          })
        }
        message.release()
        expect((await whole).equals(patterned(50_000))).toBe(true)
      } finally {
        sender.close()
        receiver.close()
      }
    })
    pool.destroy()
  })
})
