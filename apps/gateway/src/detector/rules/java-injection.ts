import type { Rule } from '../rule.js'
import { base64Forms, GADGET_WORDS } from './java-classes.js'

const GADGETS = GADGET_WORDS.slice(2).join('|')
const ENCODED_GADGETS = GADGET_WORDS.flatMap(base64Forms)
/** Packages whose class names no form asks for. */
const PACKAGES =
  'java\\.(?:lang|io|util|net|nio|beans|rmi|sql|security|awt)|javax\\.(?:script|management|naming|el|swing|faces|servlet|xml)|' +
  'com\\.(?:sun|opensymphony|caucho|bea|mchange|ibm\\.ws|alibaba\\.fastjson)|org\\.(?:apache|omg|springframework|codehaus|hibernate|mozilla\\.javascript|yaml|python\\.core|w3c\\.dom)|sun\\.(?:misc|reflect|rmi)|jdk\\.internal|(?:ognl|freemarker|groovy|bsh|clojure|weblogic)(?=\\.\\w)'

const LOOKUP_BYTES = 200
const MAX_LOOKUPS = 8

/**
 * `${jndi:`, or a text that becomes it once the look-ups inside it are replaced by their last letters: `${${lower:j}ndi:`,
 * `${j${x:-n}di:`. Looks at a bounded text after a bounded number of openings.
 */
function findLookup(text: string): number {
  if (!/[ji]/i.test(text)) return -1
  let at = text.indexOf('${')
  for (let looked = 0; at >= 0 && looked < MAX_LOOKUPS; looked += 1) {
    const inside = text.slice(at + 2, at + LOOKUP_BYTES).toLowerCase()
    const flat = inside.replace(/\$\{[^${}]{0,40}:-?/g, '').replace(/[{}\s]/g, '')
    if (flat.startsWith('jndi:') || /^\s*jndi\s*:/.test(inside)) return at
    at = text.indexOf('${', at + 2)
  }
  return -1
}

export const JAVA_RULES: readonly Rule[] = [
  {
    id: 'java-log4j-lookup',
    why: 'Look-ups of Log4j: `${jndi:…}`, nested ones that spell it letter by letter, and their defaults.',
    reach: 'document',
    literals: 'jndi: ${lower: ${upper: ${::- :-j ${env: ${sys: ${${ ${base64: ${main: ${java: ${date: ${k8s: ${ctx: ${k:',
    test: findLookup,
    finds: '${jndi:ldap://a/b}',
    leaves: '${lower:x} case'
  },
  {
    id: 'java-log4j-lookup-alone',
    why: 'The same in a short string, where one look-up is enough.',
    reach: 'string',
    except: ['xml'],
    test: /\$\{.{0,24}?(?:jndi|lower|upper|env|sys|java|ctx|docker|k8s|web|spring|bundle|marker|main|map|sd|event|log4j|base64|date)\s*:|\$.{0,12}jndi\s*:\s*(?:ldaps?|rmi|dns|iiop|corba|nis|nds|https?)/is,
    finds: '${jndi:ldap://a/b}',
    leaves: '${name'
  },
  {
    id: 'java-process',
    why: 'Spawning a process by reflection or by name.',
    reach: 'string',
    leavesProse: true,
    test: /\bjava(?:\.\w+)*\.(?:runtime|processbuilder)\b|\bprocessbuilder\b|\bgetruntime\s*\(|\bruntime\s*\.\s*(?:exec|getruntime)/gi,
    finds: 'java.lang.Runtime',
    leaves: 'runtime'
  },
  {
    id: 'java-process-in-string',
    why: 'The same as most of a string.',
    reach: 'field',
    test: /^\W{0,4}java(?:\.\w+){0,3}\.(?:runtime|processbuilder)\W{0,4}$|getruntime\(\)\s*\.\s*exec\s*\(|^processbuilder\.[\w.]+$|new\s+(?:java\.lang\.)?processbuilder\s*\(/i,
    finds: 'java.lang.Runtime',
    leaves: 'runtime'
  },
  {
    id: 'java-gadget',
    why: 'Gadget classes of the Commons collections.',
    reach: 'field',
    test: new RegExp(`(?:^|[^a-z])(?:${GADGETS})\\b`, 'i'),
    finds: 'org.apache.commons.collections.functors.InvokerTransformer',
    leaves: 'a whileclosureless word'
  },
  {
    id: 'java-gadget-base64',
    why: 'Gadget words inside base64, at any of its three alignments.',
    reach: 'field',
    test: new RegExp(ENCODED_GADGETS.join('|')),
    finds: 'aW52b2tlcnRyYW5zZm9ybWVy',
    leaves: 'UNVUDGLTZ'
  },
  {
    id: 'java-serialized',
    why: 'A serialized Java object: its magic number, or that in base64.',
    reach: 'field',
    test: /rO0AB[QXYc-f]|KztAAU|Cs7QAF|^aced0005/,
    finds: 'rO0ABXNy',
    leaves: 'ro0abx in lower case'
  },
  {
    id: 'java-class-name',
    why: 'A class name as a value.',
    reach: 'parameter',
    except: ['path'],
    leavesProse: true,
    test: new RegExp(`(?:^|[^\\w./@-])(?:${PACKAGES})(?!\\.(?:\\w+\\.)*\\w+(?:Exception|Error)\\b)(?:\\.[\\w$]+|$|\\b)`, 'gi'),
    finds: 'java.lang.Runtime',
    leaves: 'Java/17.0.10'
  },
  {
    id: 'java-class-name-in-string',
    why: 'The same as the whole of a string in a message.',
    reach: 'field',
    except: ['xml'],
    test: /^(?:java\.(?:lang|io|beans|rmi)\.\w[\w.]*|javax\.(?:script|management|naming)\.\w[\w.]*|com\.(?:opensymphony\.xwork2|sun\.(?:org|rowset|jndi))[\w.]*|org\.(?:apache\.(?:struts2?|commons(?:\.(?:collections|beanutils)[\w.]*)?)|omg\.corba)|java\.util\.(?:hashmap|priorityqueue)|ognl\.\w+)$/i,
    finds: 'java.lang.Runtime',
    leaves: 'Java/17.0.10'
  },
  {
    id: 'java-expression',
    why: "Expression languages: OGNL, Spring's, EL, Velocity, FreeMarker.",
    reach: 'field',
    test: /#?_memberAccess\b|@java\.lang\.|\bT\(\s*java\.|class(?:\.module)?\.classLoader\b|\['?class'?\]\s*[[.]|#context\s*[[=]|ognlcontext|(?:''|""|[\w)\]}])\.getClass\(\)\s*\.|freemarker\.template\.utility\.Execute|javax\.script\.ScriptEngineManager|(?:FileSystem|ClassPath)XmlApplicationContext|Class\.forName\s*\(|[%$#]\{\s*\(#|\(#\w+\s*=/i,
    finds: 'class.module.classLoader.x',
    leaves: 'see (#4)'
  },
  {
    id: 'java-upload-name',
    why: 'A JSP or a class uploaded by its name.',
    reach: 'string',
    only: ['filename'],
    test: /\.(?:jspx?|jspf|jspa|jsw|jsv|jhtml|war|class)\s*(?:[.;:%]|\0|$)/i,
    finds: 'admin.jsp',
    leaves: 'a.classic.pdf'
  }
]
