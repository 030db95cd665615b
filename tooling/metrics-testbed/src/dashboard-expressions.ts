import { readFileSync } from 'node:fs'

/** An expression of a dashboard, ready to be asked. */
export interface DashboardExpression {
  readonly panel: string
  readonly expression: string
}

interface Panel {
  readonly title?: string
  readonly panels?: readonly Panel[]
  readonly targets?: readonly { readonly expr?: string }[]
}

/**
 * Every expression of a Grafana dashboard's panels, its variables filled in as "All", and Grafana's own interval as given.
 * @param rateInterval - such as `30s`
 */
export function dashboardExpressions(file: URL | string, rateInterval: string): DashboardExpression[] {
  const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Panel
  return panelsOf(dashboard).flatMap(({ title = '', targets = [] }) =>
    targets.map(({ expr = '' }) => {
      const expression = expr.replaceAll('$__rate_interval', rateInterval).replaceAll(/"\$\w+"/g, '".*"')
      if (expression.includes('$')) throw new Error(`panel '${title}' has a variable without a value: ${expression}`)
      return { panel: title, expression }
    })
  )
}

function panelsOf(panel: Panel): readonly Panel[] {
  return (panel.panels ?? []).flatMap((one) => [one, ...panelsOf(one)])
}
