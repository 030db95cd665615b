import { basename, dirname } from 'node:path'
import { Converter } from 'typedoc'

/**
 * Names a document by its first heading, and groups it by its folder: guides, benchmarks, decisions.
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const heading = document.content.find((part) => part.text.includes('# '))?.text.match(/^# (.+)$/m)?.[1]
    if (heading !== undefined) document.name = heading.replaceAll('`', '')
    const path = document.project.files.getReflectionPath(document)
    if (path === undefined) return
    const folder = basename(dirname(path))
    document.frontmatter.group = folder.charAt(0).toUpperCase() + folder.slice(1)
  })
}
