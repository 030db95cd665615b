import type { Rule } from '../rule.js'

export const CODE_RULES: readonly Rule[] = [
  {
    // Functions that node-serialize revives.
    id: 'code-node-serialize',
    reach: 'field',
    literals: ['nd_func'],
    test: /_\$\$ND_FUNC\$\$_/
  },
  {
    // Node's ways to run a program or load a module.
    id: 'code-node-module',
    reach: 'field',
    literals: ['child_process', 'mainmodule', 'process.binding', 'require(', 'process.env', 'process.exit'],
    test: /require\s*\(\s*['"`]?(?:node:)?(?:child_process|fs|net|vm|os|http|https|module|path|util|cluster)['"`]?\s*\)\s*\.|require\s*\(\s*['"`](?:node:)?child_process|mainModule\s*(?:\.|\[)|process\.binding\s*\(|process\.(?:exit|kill)\s*\(\s*[\d)]/
  },
  {
    // The same with less around it, in a parameter.
    id: 'code-node-global',
    reach: 'parameter',
    literals: [
      'number.',
      'regexp.',
      'symbol.',
      'import',
      'return ',
      '__js_function',
      'require',
      'process',
      'constructor',
      'console',
      'global',
      'function',
      'import(',
      'eval',
      'fromcharcode',
      'arguments.callee',
      'setimmediate',
      '__dirname',
      '__filename',
      '__proto',
      'reflect',
      'buffer',
      'module',
      'string.from',
      'child_process',
      'array',
      'object',
      'json.',
      'math.',
      'promise',
      'proxy',
      'date',
      'fs.',
      'res.',
      'response',
      'vm.',
      'os.',
      'new ',
      '=>',
      'spawn',
      'exec',
      'fork',
      'tostring',
      'async'
    ],
    test: /\brequire\s*\(\s*['"`]|\bprocess\s*(?:\.\s*(?:env|exit|mainModule|binding|stdout|stdin|argv|cwd|kill|platform)\b|\[)|\bconstructor\s*(?:\.|\[|\()|\[\s*['"]constructor['"]\s*\]|\bconsole\s*(?:\.\s*(?:log|info|error|warn|debug|trace|dir|table|assert|group|time\w*|profile)\b\s*(?:\.\s*(?:call|apply|bind)\s*)?\(|\[)|\bglobal(?:This)?\s*(?:\.\s*process|\[)|\b(?:new\s+)?Function\s*\(\s*['"`]|\bfunction\s*\(\s*\w{0,16}\s*\)\s*\{|\bimport\s*\(\s*['"`]|\beval\s*\(\s*[\w'"`([{$]|\breturn\s+(?:process|this|global(?:This)?)\b|__js_function|\b[Ff]unction\s*\(\s*\)|\bfromCharCode\b|\bsetImmediate\s*\(|\bReflect\s*\.|\bBuffer\.from\s*\(|\bthis\s*\.\s*constructor|\bmodule\.exports\b|\bString\.(?:fromCodePoint|raw)\b|\bchild_process\b|\b(?:Array|Object|JSON|Math|Number|Promise|RegExp|Symbol|Proxy|Date)\s*\.\s*[a-z]\w{1,24}\s*\(|\b(?:fs|res|response|vm|os)\s*\.\s*(?:readFile|writeFile|readdir|exist|unlink|end|write|send|json|runIn|exec|hostname|userInfo)\w*\s*\(|\bnew\s+(?:Buffer|Proxy|Worker|Date|Function|RegExp|XMLHttpRequest|WebSocket|Image)\b\s*\(|\)\s*=>\s*[{(\w]|\b(?:spawn|execFile|fork|exec)(?:Sync)?\s*\(\s*['"`]|\.toString\s*\(\s*\)|\basync\s+function\b|\bfunction\s*\w{0,24}\s*\([^)]{0,48}\)\s*\{/
  },
  {
    // Prototype pollution by a name.
    id: 'code-prototype',
    reach: 'field',
    literals: ['__proto__', 'constructor'],
    test: /^["'{\s]*__proto__(?:$|["'.[\s:])|["'[.]__proto__["'\].[]|(?:^|[^\w.])constructor(?:\.prototype\b|\[\\?['"]?prototype)/
  },
  {
    // The same anywhere in a parameter.
    id: 'code-prototype-in-parameter',
    reach: 'parameter',
    literals: ['__proto__', 'constructor', 'prototype'],
    test: /__proto__|constructor\s*(?:\.|\[\s*['"]?)prototype|\bObject\.prototype\b|\.prototype\s*(?:\.|\[|=)/,
    except: ['xml']
  },
  {
    // Loops that never end.
    id: 'code-endless-loop',
    reach: 'string',
    literals: ['while(', 'while (', 'while\t(', 'while  ', 'while/', 'for(', 'for (', 'do{', 'do {'],
    test: /\bwhile\s*\(\s*(?:!|["'`+\-~(]|\d|true\b|new\b|[A-Z_$][\w$]{0,24}(?=\s*\))|typeof\b|\[|\{|\/|this\b|void\b|process\b|[\w.$]{1,16}\s*[=<>!]=?)|\bfor\s*\(\s*;[^;)]{0,16};|\bdo\s*\{[^}]{0,64}\}\s*while\b/
  },
  {
    // A loop over whatever, in a parameter.
    id: 'code-loop',
    reach: 'parameter',
    literals: ['while(', 'for(', 'do{'],
    test: /\bwhile\(\S[^)\n]{0,48}\)|\bfor\([^;)\n]{0,32};[^;)\n]{0,32};|\bdo\{/
  },
  {
    // Perl's interpolated blocks: `@{[ system 'id' ]}`.
    id: 'code-perl-interpolation',
    reach: 'string',
    literals: ['@'],
    test: /@\s*\{\s*\[/
  },
  {
    // Templates that compute: `{{7*7}}`, `${7*7}`, `#{7*7}`, `<%= 7*7 %>`, `{% … %}`.
    id: 'code-template-arithmetic',
    reach: 'field',
    literals: ['{{', '${', '#{', '<%', '*{', '[[', '@('],
    test: /(?:\{\{|\$\{|#\{|<%=?|\*\{|@\(|\[\[\$\{)\s*['"]?\d{1,6}['"]?\s*[*+\-/]\s*['"]?\d{1,6}['"]?\s*(?:\}|%>|\))/
  },
  {
    // Templates that climb to an object's class or the server's configuration.
    id: 'code-template-climb',
    reach: 'field',
    literals: [
      '__class__',
      '__mro__',
      '__subclasses__',
      '__globals__',
      '__builtins__',
      '__import__',
      '__init__',
      'lipsum',
      'cycler',
      'joiner',
      'self._',
      'request.application',
      'registerundefinedfiltercallback',
      '_self.env',
      'freemarker',
      '.constructor',
      '|attr('
    ],
    test: /(?:''|""|\(\)|\[\]|\{\}|\{\{[^}]{0,64})\.__(?:class|mro|base|init)__\b|__(?:mro|subclasses|globals|builtins)__\s*(?:\[|\()\s*(?:['"\d)]|\\)|(?:\{\{|\{%)[^}]{0,96}(?:__import__\s*\(|__init__|\blipsum\b|\bcycler\b|\bjoiner\b|request\.application|self\._TemplateReference|\|\s*attr\s*\()|_self\.env\b|registerUndefinedFilterCallback|freemarker\.template|\{\{[^}]{0,96}\bconstructor\s*(?:\.|\()/
  },
  {
    // Templates with calls or statements, in a parameter.
    id: 'code-template-call',
    reach: 'string',
    wholeOnly: true,
    literals: ['{{', '{%', '<%', '#{', '{{=', '${', '#set', '#foreach', '{php', '{if', '{system', '{$smarty'],
    test: /\{\{(?=[^}]{0,128}[(*'"[|])[^}]{0,256}\}\}|\{\{\s*(?:config|settings|self|request|app|dump|session|g)\b|\{%-?\s*(?:for|if|set|import|include|extends|macro|debug|block|raw|load|with|from)\b|<%[=#@-]?\s*(?:\w+\s*[.(]|`|\d)|#\{(?=[^}]{0,64}[(.`*])[^}]{0,128}\}|\$\{(?=[^}]{0,64}(?:\(|\.\w{1,64}\.|\d\s?[*+]))[^}]{0,128}\}|#set\s*\(\s*\$|#foreach\s*\(|\{\$smarty|\{(?:if|system|literal)\s+\w+\s*\(/,
    except: ['xml']
  },
  {
    // Ruby's ways to run a program.
    id: 'code-ruby',
    reach: 'string',
    literals: [
      'process.',
      'io.',
      'kernel',
      'open3',
      'pty.',
      'eval',
      'send(',
      'erb',
      'marshal',
      'syscall',
      '.constantize',
      'yaml.load',
      'spawn',
      'file.',
      'dir.',
      'fileutils'
    ],
    test: /\b(?:Process\s*\.\s*(?:spawn|exec|kill|fork)|IO\s*\.\s*(?:popen|sysopen|read|binread|foreach|write)|Kernel\s*\.\s*(?:exec|system|spawn|fork|open|eval)|Open3\s*\.\s*\w+|PTY\s*\.\s*spawn|(?:instance|class|module)_eval\b|ERB\s*\.\s*new|Marshal\s*\.\s*load|(?:File|Dir|FileUtils)\s*\.\s*(?:open|read|write|new|delete|glob|entries|rm\w*|chmod|each\w*)|(?:public_)?send\s*\(\s*:|\w+\.constantize|YAML\.load)/
  },
  {
    // Python's.
    id: 'code-python',
    reach: 'field',
    literals: [
      '__import__',
      'os.system',
      'os.popen',
      'subprocess.',
      'pickle.loads',
      'importlib',
      'cos\nsystem',
      'exec(compile',
      'eval(compile'
    ],
    test: /^.{0,64}(?:__import__\s*\(\s*['"](?:os|subprocess|sys|pty|socket|importlib)|\bos\.(?:system|popen)\s*\(\s*['"]|subprocess\.(?:Popen|call|run|check_output)\s*\(\s*[['"]|pickle\.loads\s*\(|c(?:os|posix)\nsystem|(?:eval|exec)\s*\(\s*compile\s*\()/s
  },
  {
    // A page or script inside a URL.
    id: 'code-data-url',
    reach: 'string',
    literals: ['data:'],
    test: /(?:^|[\s"'=(,])data:(?:\/\/)?(?:text\/(?:html|xml|javascript|x-\w+)|application\/(?:x-)?(?:javascript|xhtml\+xml|php|x-httpd-php)|image\/svg\+xml)?[;,\w=-]{0,32}(?:,|base64)/i,
    except: ['path']
  },
  {
    // Django: look-ups that cross to other tables or secret columns, and the connectors of its queries.
    id: 'code-django-lookup',
    reach: 'string',
    literals: ['__', '_connector', '_negated'],
    test: /^(?:\w+?__)?(?:\w*(?:password|passwd|secret|token|salt|hash|api_?key))__(?:i?(?:startswith|endswith|contains|regex|exact)|in|gte?|lte?|range|isnull)$|^[a-z]\w*?__[a-z]\w*?__(?:i?(?:startswith|endswith|contains|regex|exact)|in|gte?|lte?|range|isnull|has_keys?|has_any_keys|contained_by|len|year|date)$|^_(?:connector|negated)$/i,
    origins: ['name', 'string']
  }
]
