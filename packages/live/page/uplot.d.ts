/** Made by `uplot.js`, which the page loads before its own scripts. */
declare const uPlot: typeof import('uplot').default
