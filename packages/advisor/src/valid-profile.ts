import { PoolError } from '@pool/core'
import { makers, type Profile } from './profile.js'

/**
 * A profile that was written earlier, perhaps by another process. Fields that a later version may add are ignored.
 * @param value - the result of `JSON.parse`
 * @returns the same object
 * @throws `ERR_POOL_INVALID_PROFILE` where it is not a profile of version 1. O(its length).
 */
export function validProfile(value: unknown): Profile {
  const profile = object(value, 'the profile')
  if (profile.version !== 1) refuse('version', '1: it was written by another version of @pool/advisor')
  texts(profile, '', 'node', 'startedAt')
  amounts(profile, '', 'pid', 'durationMs')
  const process = object(profile.process, 'process')
  amounts(process, 'process.', 'cpuMs', 'minorFaults', 'rssBytes', 'peakRssBytes', 'peakArrayBuffersBytes')
  optionalAmounts(process, 'process.', 'bufferFaults', 'helperMs', 'ranRatio')
  if (Number(process.ranRatio ?? 0) > 1) refuse('process.ranRatio', 'in 0..1')
  amounts(object(process.collections, 'process.collections'), 'process.collections.', 'minor', 'major', 'incremental', 'totalMs')
  const collections = object(process.collections, 'process.collections')
  if (collections.byMadeBytes !== undefined)
    each(collections, 'byMadeBytes', (part, name) => amounts(object(part, name), `${name}.`, 'bytes', 'ms'), 'process.collections.')
  amounts(object(profile.sampling, 'sampling'), 'sampling.', 'meanBytes', 'samples', 'watchedLifetimes')
  each(profile, 'sites', checkSite)
  const unattributed = object(profile.unattributed, 'unattributed')
  optionalAmounts(unattributed, 'unattributed.', 'bytes')
  each(unattributed, 'reasons', checkText, 'unattributed.')
  each(profile, 'pools', checkPool)
  each(profile, 'notes', checkText)
  return value as Profile
}

type Fields = Record<string, unknown>

function checkSite(value: unknown, name: string): void {
  const site = object(value, name)
  if (!(makers as readonly unknown[]).includes(site.maker)) refuse(`${name}.maker`, `one of ${makers.join(', ')}`)
  texts(site, `${name}.`, 'place')
  if (site.library !== undefined) texts(site, `${name}.`, 'library')
  amounts(site, `${name}.`, 'bytes', 'count')
  optionalAmounts(site, `${name}.`, 'deadByNextMajor', 'peakLiveBytes', 'peakLive')
  if (Number(site.deadByNextMajor ?? 0) > 1) refuse(`${name}.deadByNextMajor`, 'in 0..1')
  each(site, 'frames', checkFrame, `${name}.`)
  each(site, 'sizes', (group, groupName) => amounts(object(group, groupName), `${groupName}.`, 'bytes', 'count'), `${name}.`)
}

function checkFrame(value: unknown, name: string): void {
  const frame = object(value, name)
  texts(frame, `${name}.`, 'file', 'function')
  amounts(frame, `${name}.`, 'line', 'column')
  if (frame.library !== undefined) texts(frame, `${name}.`, 'library')
}

function checkPool(value: unknown, name: string): void {
  const pool = object(value, name)
  texts(pool, `${name}.`, 'name', 'kind')
  object(pool.stats, `${name}.stats`)
  if (pool.histogram !== undefined) object(pool.histogram, `${name}.histogram`)
}

function checkText(value: unknown, name: string): void {
  if (typeof value !== 'string') refuse(name, 'a string')
}

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(name, 'an object')
  return value as Fields
}

function each(fields: Fields, key: string, check: (value: unknown, name: string) => void, prefix = ''): void {
  const values = fields[key]
  if (!Array.isArray(values)) refuse(prefix + key, 'a list')
  for (const [at, value] of (values as unknown[]).entries()) check(value, `${prefix}${key}[${at}]`)
}

function texts(fields: Fields, prefix: string, ...keys: readonly string[]): void {
  for (const key of keys) checkText(fields[key], prefix + key)
}

function amounts(fields: Fields, prefix: string, ...keys: readonly string[]): void {
  for (const key of keys) {
    const value = fields[key]
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) refuse(prefix + key, 'a number of 0 or more')
  }
}

function optionalAmounts(fields: Fields, prefix: string, ...keys: readonly string[]): void {
  amounts(fields, prefix, ...keys.filter((key) => fields[key] !== undefined))
}

function refuse(name: string, expected: string): never {
  throw new PoolError('ERR_POOL_INVALID_PROFILE', `${name} must be ${expected}. Give a file that @pool/advisor wrote.`)
}
