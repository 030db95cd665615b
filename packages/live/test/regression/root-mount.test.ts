import { livePage } from '@pool/live'
import express from 'express'
import { expect, it } from 'vitest'
import { ask, served } from '../support/served.js'

// The page's own routes were called `map` and `samples`: at the root it answered a program's routes of these names.
it("a page at the root leaves a program's routes for maps and samples to it", async () => {
  const page = livePage({ pools: [] })
  const app = express().use(page)
  for (const path of ['/map', '/samples', '/live']) app.get(path, (_request, response) => void response.send('the program'))
  await served(app, async (port) => {
    for (const path of ['/map?pool=a', '/samples', '/live']) expect((await ask(port, path)).body, path).toBe('the program')
    expect((await ask(port, '/')).body).toContain('live.js')
  })
})
