import { outsideRequests } from '@pool/core/kit'

/**
 * Loads Node's resolver in no request, before Node loads it at the first look-up of the process: it stays for good, and with it the
 * `AsyncLocalStorage` stores of the request that loaded it.
 */
export function loadResolver(): void {
  outsideRequests(() => process.getBuiltinModule('node:dns'))
}
