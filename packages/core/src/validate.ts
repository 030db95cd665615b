/**
 * The checks of arguments under the name that they had first.
 * @deprecated Import them from `@pool/core/kit`, or from `@pool/core/kit/universal` where the code also runs in a browser.
 * @module
 */
export * from './kit/checks.js'
