import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { followLinks } from '../src/site-links.js'

function site(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'site-links-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

it('follows links to pages, anchors and pictures, and leaves those that lead elsewhere', () => {
  const folder = site({
    'index.html':
      '<h1 id="top"></h1><a href="#top"></a><a href="guides/a%20b.html#part"></a><a href="https://example.org/x"></a><a href="mailto:a@example.org"></a>',
    'guides/a b.html': '<h2 id="part"></h2><a href="../index.html"></a><img src="../media/one.svg"><use href="../media/one.svg#part"/>',
    'media/one.svg': '<svg><g id="part"/></svg>'
  })
  expect(followLinks(folder)).toEqual({ pages: 2, links: 5, dead: [] })
})

it('names each link to a file or an anchor that does not exist', () => {
  const folder = site({
    'index.html': '<a href="gone.html"></a><a href="guides/a.html#gone"></a>',
    'guides/a.html': '<a href="../../outside.html"></a>'
  })
  expect(followLinks(folder).dead).toEqual([
    { rule: 'dead-link', file: 'guides/a.html', message: '../../outside.html: the site has no ../outside.html' },
    { rule: 'dead-link', file: 'index.html', message: 'gone.html: the site has no gone.html' },
    { rule: 'dead-anchor', file: 'index.html', message: 'guides/a.html has no #gone' }
  ])
})
