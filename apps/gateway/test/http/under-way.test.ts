import { expect, test } from 'vitest'
import { UnderWay } from '../../src/http/under-way.js'

test('settled waits for all that was begun, however it ends', async () => {
  const underWay = new UnderWay()
  const ended: string[] = []
  const work = async (name: string, fails: boolean) => {
    await new Promise((resolve) => setImmediate(resolve))
    ended.push(name)
    if (fails) throw new Error(name)
    return name
  }
  const [good, bad] = [underWay.follow(work('good', false)), underWay.follow(work('bad', true))]
  bad.catch(() => {})
  await underWay.settled()
  expect(ended).toEqual(['good', 'bad'])
  await expect(good).resolves.toBe('good')
  await expect(bad).rejects.toThrow('bad')
})
