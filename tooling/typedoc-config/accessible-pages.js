import { PageEvent } from 'typedoc'

/**
 * Adds to each page what typedoc's theme lacks for readers without a mouse or a screen: a main landmark, and tables that scroll by
 * the keyboard.
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  app.renderer.on(PageEvent.END, (page) => {
    page.contents = page.contents
      ?.replace('<div class="col-content">', '<div class="col-content" role="main">')
      .replaceAll('<table>', '<table tabindex="0">')
  })
}
