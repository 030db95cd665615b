/**
 * A page for development that shows every pool of a process, live.
 * @module
 */

export { type LivePage, type LivePageOptions, livePage } from './live-page.js'
