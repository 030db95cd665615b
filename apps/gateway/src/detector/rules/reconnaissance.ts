import type { Rule } from '../rule.js'

export const RECONNAISSANCE_RULES: readonly Rule[] = [
  {
    id: 'reconnaissance-scanner',
    why: 'A scanner that names itself in a header.',
    reach: 'parameter',
    only: ['header'],
    literals:
      'sqlmap nikto nessus acunetix wpscan dirbuster gobuster feroxbuster nuclei masscan zgrab havij netsparker openvas w3af arachni whatweb joomscan commix zmeu jorgee nmap wfuzz ffuf skipfish vega/ fimap dirsearch xsser jaeles censysinspect l9explore zmap/ fuzz␣faster (hydra) .nasl absinthe brutus bsqlbf cgichk cisco-torch datacha0s dotdotpwn fhscan floodgate get-minimal gootkit grabber grendel-scan inspath jaascois metis morfeus mysqloit n-stealth nessus nsauditor pangolin paros pmafind qualys security␣scan springenwerk sql␣power sqlninja sysscan forest␣lobster this␣is␣an␣exploit toata␣dragostea uil2pn voideye webbandit webinspect webshag webtrends␣security core-project whatwaf httpx zaproxy nuclei interactsh',
    test: /(?:^|[(\s;])(?:sqlmap\/|nikto\/|nessus(?:\/|::soap)|acunetix|wpscan|dirbuster|gobuster\/|feroxbuster|nuclei\b|masscan|zgrab|havij|netsparker|openvas|w3af|arachni\/|whatweb\/|joomscan|commix\/|zmeu|jorgee|nmap scripting engine|wfuzz\/|fuzz faster u fool|skipfish|vega\/\d|fimap|dirsearch|xsser|jaeles|censysinspect|l9explore|zmap\/|absinthe|brutus\/|bsqlbf|cgichk|cisco-torch|datacha0s|dotdotpwn|fhscan core|floodgate|get-minimal|gootkit|grendel-scan|inspath|jaascois|morfeus|mysqloit|n-stealth|nsauditor|pangolin|paros\/|pmafind|qualys was|springenwerk|sql power injector|sqlninja|sysscan|teh forest lobster|this is an exploit|toata dragostea|uil2pn|voideye|webbandit|webinspect|webshag|webtrends security|core-project\/|whatwaf|zaproxy|\(hydra\)|[\w-]+\.nasl)/i,
    finds: 'sqlmap/1.8#stable (https://sqlmap.org)',
    leaves: 'https://example.com/tools/nikto/'
  },
  {
    id: 'reconnaissance-graphql',
    why: 'Introspection of GraphQL: a client asks for the whole schema.',
    reach: 'field',
    literals: '__schema __type',
    test: /\{\s*__schema\b|\b__schema\s*\{\s*(?:types|querytype|mutationtype|directives|subscriptiontype)\b|\b__type\s*\(\s*name\s*:/i,
    finds: '{__schema{types{name}}}',
    leaves: 'the __schema field'
  }
]
