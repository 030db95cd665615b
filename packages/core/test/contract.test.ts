import { bufferSourceContract } from '@pool/core/testing'
import { describe, it } from 'vitest'
import { BufferPool, SizeClassPool, UnpooledPool } from '../src/index.js'

describe('BufferPool keeps the contract', () => {
  for (const clear of ['release', 'acquire', 'never'] as const) {
    for (const { title, run } of bufferSourceContract(
      ({ bytes, maxBuffers }) => new BufferPool({ bufferSize: bytes, maxSize: maxBuffers, initialSize: 1, clear })
    )) {
      it(`${title} (clear: ${clear})`, run)
    }
  }
})

describe('BufferPool keeps the contract in debug mode', () => {
  for (const { title, run } of bufferSourceContract(
    ({ bytes, maxBuffers }) => new BufferPool({ bufferSize: bytes, maxSize: maxBuffers, initialSize: 1, debug: 'poison' })
  )) {
    it(title, run)
  }
})

describe('SizeClassPool keeps the contract', () => {
  for (const { title, run } of bufferSourceContract(({ maxBuffers }) => new SizeClassPool({ maxSize: maxBuffers, clear: 'never' }))) {
    it(title, run)
  }
})

describe('SizeClassPool keeps the contract by bytes', () => {
  for (const { title, run } of bufferSourceContract(
    ({ bytes, maxBuffers }) => new SizeClassPool({ maxClassBytes: bytes, maxLiveBytes: maxBuffers * bytes, oversize: 'refuse' })
  )) {
    it(title, run)
  }
})

describe('UnpooledPool keeps the contract', () => {
  for (const { title, run } of bufferSourceContract(({ maxBuffers }) => new UnpooledPool({ maxSize: maxBuffers }))) {
    it(title, run)
  }
})
