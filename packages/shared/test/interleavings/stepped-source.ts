import { readFileSync } from 'node:fs'
import ts from 'typescript'
import * as layout from '../../src/layout.js'
import * as refusals from '../../src/refusals.js'

/** What a step does to the shared memory. */
export type Access = readonly ['read', number] | readonly ['write', number, number] | readonly ['swap', number, number, number]

/** A method of the shipped source, stopped before each access. */
export type Stepped<R> = Generator<Access, R, number>

/** The shipped classes, with each method a generator that yields its accesses. */
export interface SteppedSource {
  readonly SeatRows: new (words: Int32Array, layout: layout.Layout, seat: number) => SteppedRows
  readonly Channel: new (words: Int32Array, layout: layout.Layout, number: number, seat: number) => SteppedChannel
  readonly Ring: SteppedSource['Channel']
  readonly Reaper: new (
    words: Int32Array,
    layout: layout.Layout,
    rows: SteppedRows,
    channels: readonly SteppedChannel[]
  ) => { reap(tag: number): Stepped<number> }
}

/** As `SeatRows`. */
export interface SteppedRows {
  take(): Stepped<number>
  give(handle: number): Stepped<boolean>
  flush(): Stepped<void>
  stock(blocks: number): Stepped<number>
}

/** As `Channel`. */
export interface SteppedChannel {
  push(index: number): Stepped<boolean>
  pop(): Stepped<number>
  take(): Stepped<number>
}

const files = ['seat-rows', 'channel', 'ring', 'reaper'] as const

/**
 * Turns the shipped source into one that stops before each access to shared memory, so that what is explored is what runs.
 * @param change - puts a fault in, for the proof that the explorer finds it
 */
export function steppedSource(change: (source: string, file: string) => string = (source) => source): SteppedSource {
  const sources = files.map((file) => change(readFileSync(new URL(`../../src/${file}.ts`, import.meta.url), 'utf8'), file))
  const methods = new Set(sources.flatMap(methodNames))
  const modules: Record<string, unknown> = { './layout.js': layout, './refusals.js': refusals }
  for (const [at, source] of sources.entries()) {
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
      transformers: { before: [stopping(methods)] }
    })
    const exported = {}
    new Function('require', 'exports', outputText)((name: string) => modules[name], exported)
    modules[`./${files[at]}.js`] = exported
  }
  return Object.assign({}, ...files.map((file) => modules[`./${file}.js`])) as SteppedSource
}

function methodNames(source: string): string[] {
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isMethodDeclaration(node)) names.push(node.name.getText())
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2022, true))
  return names
}

function stopping(methods: ReadonlySet<string>): ts.TransformerFactory<ts.SourceFile> {
  return ({ factory }) => {
    const access = (kind: string, operands: readonly ts.Expression[]) => {
      const list = factory.createArrayLiteralExpression([factory.createStringLiteral(kind), ...operands])
      return factory.createParenthesizedExpression(factory.createYieldExpression(undefined, list))
    }
    const kinds: Record<string, string> = { load: 'read', store: 'write', compareExchange: 'swap' }
    const visit = (node: ts.Node): ts.Node => {
      // It reads counters of its own thread alone, and can't stop.
      if (ts.isConstructorDeclaration(node)) return node
      if (ts.isMethodDeclaration(node)) {
        const body = ts.visitEachChild(node.body as ts.Block, visit, undefined)
        const star = factory.createToken(ts.SyntaxKind.AsteriskToken)
        return factory.createMethodDeclaration(undefined, star, node.name, undefined, undefined, node.parameters, undefined, body)
      }
      if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && isWord(node.left)) {
        return access('write', [visit(node.left.argumentExpression), visit(node.right)] as ts.Expression[])
      }
      if (isWord(node)) return access('read', [visit(node.argumentExpression) as ts.Expression])
      if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
        const { expression, name } = node.expression
        if (ts.isIdentifier(expression) && expression.text === 'Atomics') {
          if (name.text === 'notify') return factory.createNumericLiteral(0)
          return access(kinds[name.text] as string, node.arguments.slice(1).map(visit) as ts.Expression[])
        }
        if (methods.has(name.text)) {
          const call = ts.visitEachChild(node, visit, undefined)
          return factory.createParenthesizedExpression(
            factory.createYieldExpression(factory.createToken(ts.SyntaxKind.AsteriskToken), call)
          )
        }
      }
      return ts.visitEachChild(node, visit, undefined)
    }
    return (file) => ts.visitEachChild(file, visit, undefined)
  }
}

function isWord(node: ts.Node): node is ts.ElementAccessExpression {
  return ts.isElementAccessExpression(node) && /^(this\.#)?words$/.test(node.expression.getText())
}
