/** A request is not served, and whoever sent it may know why: `answerError` answers status, code and message. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  /** The stable code. */
  readonly type: string
  readonly expose = true

  /** @param message - holds nothing of the request */
  constructor(status: number, type: string, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}
