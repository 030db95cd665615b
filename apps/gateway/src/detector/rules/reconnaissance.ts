import type { Rule } from '../rule.js'

export const RECONNAISSANCE_RULES: readonly Rule[] = [
  {
    id: 'reconnaissance-scanner',
    why: 'A scanner that names itself in a header.',
    reach: 'parameter',
    only: ['header'],
    test: /(?:^|[(\s;])(?:sqlmap\/|nikto\/|nessus(?:\/|::soap)|acunetix|wpscan|dirbuster|gobuster\/|feroxbuster|nuclei\b|masscan|zgrab|havij|netsparker|openvas|w3af|arachni\/|whatweb\/|joomscan|commix\/|zmeu|jorgee|nmap scripting engine|wfuzz\/|fuzz faster u fool|skipfish|vega\/\d|fimap|dirsearch|xsser|jaeles|censysinspect|l9explore|zmap\/|absinthe|brutus\/|bsqlbf|cgichk|cisco-torch|datacha0s|dotdotpwn|fhscan core|floodgate|get-minimal|gootkit|grendel-scan|inspath|jaascois|morfeus|mysqloit|n-stealth|nsauditor|pangolin|paros\/|pmafind|qualys was|springenwerk|sql power injector|sqlninja|sysscan|teh forest lobster|this is an exploit|toata dragostea|uil2pn|voideye|webbandit|webinspect|webshag|webtrends security|core-project\/|whatwaf|zaproxy|\(hydra\)|[\w-]+\.nasl)/i,
    finds: 'sqlmap/1.8#stable (https://sqlmap.org)',
    leaves: 'https://example.com/tools/nikto/'
  },
  {
    id: 'reconnaissance-graphql',
    why: 'Introspection of GraphQL: a client asks for the whole schema.',
    reach: 'field',
    test: /\{\s*__schema\b|\b__schema\s*\{\s*(?:types|querytype|mutationtype|directives|subscriptiontype)\b|\b__type\s*\(\s*name\s*:/i,
    finds: '{__schema{types{name}}}',
    leaves: 'the __schema field'
  }
]
