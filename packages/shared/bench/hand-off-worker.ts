import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { SharedPool, type SharedPoolToken } from '@pool/shared'

/** One end of a hand-off: the first sends, the other echoes; at each message of turns they go on until so many blocks came back. */
export interface HandOffEnd {
  readonly isFirst: boolean
  /** Blocks under way at once. */
  readonly window: number
  /** Blocks of a pool, by channels; without it by messages. */
  readonly pool?: { readonly token: SharedPoolToken; readonly send: number; readonly receive: number }
  readonly port?: MessagePort
}

const { isFirst, window, pool, port } = workerData as HandOffEnd

/** Answers how many ns one hand-off took: half a turn. */
function tell(turns: number, start: number): void {
  parentPort?.postMessage(((performance.now() - start) * 1e6) / (2 * turns))
}

function overPool({ token, send, receive }: NonNullable<HandOffEnd['pool']>): void {
  const blocks = SharedPool.attach(token)
  const pass = (turns: number) => {
    for (let done = 0; done < turns; ) {
      const handle = blocks.receive(receive)
      if (handle < 0) continue
      done++
      if (!blocks.send(send, handle)) throw new Error('the channel is full')
    }
  }
  if (isFirst) for (let count = 0; count < window; count++) blocks.send(send, blocks.acquire())
  parentPort?.on('message', (turns: number) => {
    const start = performance.now()
    pass(turns)
    if (isFirst) tell(turns, start)
  })
}

function overPort(end: MessagePort): void {
  if (!isFirst) {
    end.on('message', (buffer: ArrayBuffer) => end.postMessage(buffer, [buffer]))
    return
  }
  // Between turns all buffers are here, so that nothing runs while another way is measured.
  const here = Array.from({ length: window }, () => new ArrayBuffer(512))
  let [wanted, sent, back, start] = [0, 0, 0, 0]
  const send = () => {
    for (; sent < wanted && here.length > 0; sent++) {
      const buffer = here.pop() as ArrayBuffer
      end.postMessage(buffer, [buffer])
    }
  }
  end.on('message', (buffer: ArrayBuffer) => {
    here.push(buffer)
    send()
    if (++back === wanted) tell(wanted, start)
  })
  parentPort?.on('message', (turns: number) => {
    ;[wanted, sent, back, start] = [turns, 0, 0, performance.now()]
    send()
  })
}

if (pool !== undefined) overPool(pool)
else if (port !== undefined) overPort(port)
parentPort?.postMessage('ready')
