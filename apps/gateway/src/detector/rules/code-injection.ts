import type { Rule } from '../rule.js'

export const CODE_RULES: readonly Rule[] = [
  {
    id: 'code-node-serialize',
    why: 'Functions that node-serialize revives.',
    reach: 'field',
    test: /_\$\$ND_FUNC\$\$_/,
    finds: '_$$ND_FUNC$$_function(){return 1}()',
    leaves: 'a func of nd'
  },
  {
    id: 'code-node-module',
    why: "Node's ways to run a program or load a module.",
    reach: 'field',
    test: /require\s*\(\s*['"`]?(?:node:)?(?:child_process|fs|net|vm|os|http|https|module|path|util|cluster)['"`]?\s*\)\s*\.|require\s*\(\s*['"`](?:node:)?child_process|mainModule\s*(?:\.|\[)|process\.binding\s*\(|process\.(?:exit|kill)\s*\(\s*[\d)]/,
    finds: 'process.mainModule.require',
    leaves: 'process.env is read'
  },
  {
    id: 'code-node-global',
    why: 'The same with less around it, in a parameter.',
    reach: 'parameter',
    except: ['string'],
    leavesProse: true,
    test: /\brequire\s*\(\s*(?!['"`](?:@[a-z\d-]+\/)?(?!(?:child_process|fs|net|vm|os|https?|module|cluster|process|repl|dgram|inspector|v8)['"`])[a-z\d][\w./-]*['"`]\s*\))['"`]|(?<!\b(?:of|to|the|a|and|or|in|on|with|from|by|for|like|via|platform) )\bprocess\s*(?:\.\s*(?:env|exit|mainModule|binding|stdout|stdin|argv|cwd|kill|platform)\b(?!\s[a-z]{2,}|[.,;:]?(?:\s[A-Z]|$)(?<=\s.{1,99}))|\[)|\bconstructor\s*(?:\.(?!js\b|ts\b)[\w$(]|\[|\((?!s\)))|\[\s*['"]constructor['"]\s*\]|\bconsole\s*(?:\.\s*(?:log|info|error|warn|debug|trace|dir|table|assert|group|time\w*|profile)\b\s*(?:\.\s*(?:call|apply|bind)\s*)?\(|\[)|\bglobal(?:This)?\s*(?:\.\s*process|\[)|\b(?:new\s+)?Function\s*\(\s*['"`]|\bfunction\s*\(\s*\w{0,16}\s*\)\s*\{|\bimport\s*\(\s*['"`]|\beval\s*\(\s*[\w'"`([{$]|\breturn\s+(?:process|this|global(?:This)?)\b(?=\s*[.[(])|__js_function|\b[Ff]unction\s*\(\s*\)|\bfromCharCode\b|\bsetImmediate\s*\(|\bReflect\s*\.|\bBuffer\.from\s*\((?!\w+\[,)|\bthis\s*\.\s*constructor|\bmodule\.exports\b(?!\s[a-z])|\bString\.(?:fromCodePoint|raw)\b|\bchild_process['"`]?\s*\)?\s*[.(]|(?:^|[;=('"{])\s*(?:Array|Object|JSON|Math|Number|Promise|RegExp|Symbol|Proxy|Date)\s*\.\s*[a-z]\w{1,24}\s*\((?!\)(?:`|\s[a-z]))|\b(?:fs|res|response|vm|os)\s*\.\s*(?:readFile|writeFile|readdir|exist|unlink|end|write|send|json|runIn|exec|hostname|userInfo)\w*\s*\((?!\)\s[a-z])|\bnew\s+(?:Buffer|Proxy|Worker|Date|Function|RegExp|XMLHttpRequest|WebSocket|Image)\b\s*\(|\b(?:spawn|execFile|fork|exec)(?:Sync)?\s*\(\s*['"`]|\.toString\s*\(\s*\)|\b[a-zA-Z]{2,20}Sync\s*\(\s*(?:['"`/]|\w{1,16}\)|$)|\b(?:appendFile|copyFile|create(?:Read|Write)Stream|execFile|fchmod|fchown|fdatasync|futimes|lchmod|lutimes|mkdtemp|readv|spawnFile|unwatchFile|utimes|watchFile|writev|writeFile)\s*\(\s*(?:['"`/]|\w{1,16}\)|$)|\b(?:require|mainModule|binding)\s*\[|\bprocess[^\w\s]{1,4}binding\b|\bmainModule[^\w\s]{1,4}(?:constructor|require)\b|\bconstructor[^\w\s]{1,4}_load\b|\brequire[^\w\s]{1,4}main\b|\bglobal[^\w\s]{1,4}process\b|\bhttps?\.(?:get|request)\s*\(\s*['"`]|\basync\s+function\b(?=\s*[\w$]{0,40}\s*\()|\bfunction\s*\([^)]{0,48}\)\s*\{|\(\s*function\b/g,
    finds: 'Process.spawn("id")',
    leaves: 'module'
  },
  {
    id: 'code-prototype',
    why: 'Prototype pollution by a name.',
    reach: 'field',
    test: /^["'{\s]*__proto__(?:$|["'.[\s:])|["'[.]__proto__["'\].[]|(?:^|[^\w.])constructor(?:\.prototype\b|\[\\?['"]?prototype)|\bthis\.constructor\.constructor\b/,
    finds: '__proto__',
    leaves: 'constructor'
  },
  {
    id: 'code-prototype-in-parameter',
    why: 'The same anywhere in a parameter.',
    reach: 'parameter',
    except: ['xml'],
    leavesProse: true,
    test: /["']constructor["']\s*:\s*\{\s*["']prototype["']|(?<![A-Z]\w{2,24}\.prototype\.)__proto__(?!` \w)|constructor\s*(?:\.|\[\s*['"]?)prototype|\bObject\.prototype\b(?!\.__proto__(?:`|%60)(?: |%20))|(?<![A-Z]\w{2,40})\.prototype\s*(?:\.|\[|=)/g,
    finds: '__proto__',
    leaves: 'If available, the `Object.prototype.__proto__` accessor'
  },
  {
    id: 'code-endless-loop',
    why: 'Loops that never end.',
    reach: 'string',
    test: /\bwhile\s*\(\s*(?:!|["'`+\-~(]|\d|true\b|new\b|[A-Z_$][\w$]{0,24}(?=\s*\))|typeof\b|\[|\{|\/|this\b|void\b|process\b|[\w.$]{1,16}\s*[=<>!]=?)|\bfor\s*\(\s*;[^;)]{0,16};|\bdo\s*\{[^}]{0,64}\}\s*while\b/,
    finds: 'for(;;){}',
    leaves: 'a while (or two)'
  },
  {
    id: 'code-perl-interpolation',
    why: "Perl's interpolated blocks: `@{[ system 'id' ]}`.",
    reach: 'string',
    test: /@\s*\{\s*\[/,
    finds: '@{[ system "id" ]}',
    leaves: '@acme/tools'
  },
  {
    id: 'code-template-arithmetic',
    why: 'Templates that compute: `{{7*7}}`, `${7*7}`, `#{7*7}`, `<%= 7*7 %>`, `{% … %}`.',
    reach: 'field',
    test: /(?:\{\{|\$\{|#\{|<%=?|\*\{|@\(|\[\[\$\{)\s*['"]?\d{1,6}['"]?\s*[*+\-/]\s*['"]?\d{1,6}['"]?\s*(?:\}|%>|\))/,
    finds: '${7*7}',
    leaves: '${name'
  },
  {
    id: 'code-template-climb',
    why: "Templates that climb to an object's class or the server's configuration.",
    reach: 'field',
    test: /(?:''|""|\(\)|\[\]|\{\}|\{\{(?!\{)[^}]{0,64})\.__(?:class|mro|base|init)__\b|__(?:mro|subclasses|globals|builtins)__\s*(?:\[|\()\s*(?:['"\d)]|\\)|(?:\{\{(?!\{)|\{%)[^}]{0,96}(?:__import__\s*\(|__init__|\blipsum\b|\bcycler\b|\bjoiner\b|request\.application|self\._TemplateReference|\|\s*attr\s*\()|_self\.env\b|registerUndefinedFilterCallback|freemarker\.template|\{\{(?!\{)[^}]{0,96}\bconstructor\s*(?:\.|\()/,
    finds: '{% for x in ().__class__.__base__ %}',
    leaves:
      'import os, subprocess\n\ndef run(cmd: str) -> str:\n    """Runs a command; returns its output."""\n    return subprocess.run(cmd, shell=True, capture_output=True).stdout.decode()\n\nif __name__ == "__main__":\n    print(run("ls -la /etc | sort"), os.system("id"))\n    print("{}".format(1).__class__.__mro__)\n'
  },
  {
    id: 'code-template-call',
    why: 'Templates with calls or statements, in a parameter.',
    reach: 'string',
    except: ['xml'],
    wholeOnly: true,
    test: /\{\{(?!\{)(?=[^}]{0,128}[(*'"[|])[^}]{0,256}\}\}|\{\{\s*(?:config|settings|self|request|app|dump|session|g)\b|\{%-?\s*(?:for|if|set|import|include|extends|macro|debug|block|raw|load|with|from)\b|<%[=#@-]?\s*(?:\w+\s*[.(]|`|\d|(?:eval|execute|executeglobal|response|request)\b)|#\{(?=[^}]{0,64}[(.`*])[^}]{0,128}\}|\$\{(?=[^}]{0,64}(?:\(|\.\w{1,64}\.|\d\s?[*+]))[^}]{0,128}\}|#set\s*\(\s*\$|#foreach\s*\(|\{\$smarty|\{(?:if|system|literal)\s+\w+\s*\(|\$\{\s*(?:pageContext|(?:application|session|request|page)Scope|param|header|cookie|initParam)\b|\{\s*(?:Smarty_\w+|self)::/,
    finds: '${7*7}',
    leaves: '${name'
  },
  {
    id: 'code-latex',
    why: 'Commands of LaTeX that run a program, or read and write files.',
    reach: 'string',
    except: ['xml'],
    test: /\\(?:write18|input|include|openin|openout|catcode|csname|newread|lstinputlisting|verbatiminput|usepackage)\b(?:\s*\[[^\]]{0,48}\])?[^{}=|\n]{0,24}[{=|]|\\immediate\s*\\\w/,
    finds: '\\immediate\\write18{id}',
    leaves: 'C:\\input\\x'
  },
  {
    id: 'code-token-without-signature',
    why: 'The head of a signed token that needs no signature, or brings its own key.',
    reach: 'parameter',
    only: ['part', 'header', 'cookie'],
    test: /"alg"\s*:\s*"none"|"(?:jku|x5u)"\s*:\s*"https?:/i,
    finds: '{"alg":"none"}',
    leaves: '{"alg":"RS256"}'
  },
  {
    id: 'code-ruby',
    why: "Ruby's ways to run a program.",
    reach: 'string',
    test: /\b(?:Process\s*\.\s*(?:spawn|exec|kill|fork)|IO\s*\.\s*(?:popen|sysopen|read|binread|foreach|write)|Kernel\s*\.\s*(?:exec|system|spawn|fork|open|eval)|Open3\s*\.\s*\w+|PTY\s*\.\s*spawn|(?:instance|class|module)_eval\b|ERB\s*\.\s*new|Marshal\s*\.\s*load|(?:File|Dir|FileUtils)\s*\.\s*(?:open|read|write|new|delete|glob|entries|rm\w*|chmod|each\w*)|(?:public_)?send\s*\(\s*:|\w+\.constantize|YAML\.load)/,
    finds: '#{File.read("x")}',
    leaves: '/repo/file.c'
  },
  {
    id: 'code-python',
    why: "Python's.",
    reach: 'field',
    test: /^.{0,64}(?:__import__\s*\(\s*['"](?:os|subprocess|sys|pty|socket|importlib)|\bos\.(?:system|popen)\s*\(\s*['"]|subprocess\.(?:Popen|call|run|check_output)\s*\(\s*[['"]|pickle\.loads\s*\(|c(?:os|posix)\nsystem|(?:eval|exec)\s*\(\s*compile\s*\()/s,
    finds: '__import__("os").system("id")',
    leaves:
      'import os, subprocess\n\ndef run(cmd: str) -> str:\n    """Runs a command; returns its output."""\n    return subprocess.run(cmd, shell=True, capture_output=True).stdout.decode()\n\nif __name__ == "__main__":\n    print(run("ls -la /etc | sort"), os.system("id"))\n    print("{}".format(1).__class__.__mro__)\n'
  },
  {
    id: 'code-data-url',
    why: 'A page or script inside a URL.',
    reach: 'string',
    except: ['path'],
    test: /^data:[^,]{0,48}charset=["']?utf-?(?:7|16|32)|(?:^|[\s"'=(,])data:(?:\/\/)?(?:text\/(?:html|xml|javascript|x-\w+)|application\/(?:x-)?(?:javascript|xhtml\+xml|php|x-httpd-php)|image\/svg\+xml)?[;,\w=-]{0,32}(?:,|base64)/i,
    finds: '<object data="data:text/html,1">',
    leaves: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  },
  {
    id: 'code-typed-document',
    why: 'A document that names the class it is to become: tags of YAML, types of JSON, objects of .NET and Python in base64.',
    reach: 'field',
    test: /!!?python\/(?:object|name|module|tuple)|!!(?:javax?|com|org|sun)\.[\w.]+|!!?ruby\/(?:object|hash|struct|class|array)|\b(?:ObjectDataProvider|WindowsIdentity|TypeConfuseDelegate|TextFormattingRunProperties)\b|\bSystem\.Diagnostics\.Process\b|(?:^|[^A-Za-z0-9+/])AAEAAAD\/{5}|(?:^|[^A-Za-z0-9+/])gASV[A-Za-z0-9+/]{3}AAA|(?:^|[^A-Za-z0-9+/])yv66vgAA|["']@type["']\s*:\s*["'](?:com\.sun|java\.lang|org\.apache|javax)\.|["']\$type["']\s*:\s*["']System\./,
    finds: '!!python/object/apply:os.system ["id"]',
    leaves: '{"@type":"Person","name":"Kim"}'
  },
  {
    id: 'code-script-host',
    why: "Windows' script host, Java's script engines, and Ruby's words for a command.",
    reach: 'string',
    test: /\bwscript\.shell\b|\b(?:server\.)?createobject\s*\(|nashorn:|\bpackages\.java\.|\bjava\.type\s*\(|\bASTTest\b|%x[({[|]\s?\w|\broot\.process\b|\bprocess\.start\s*\(\s*["']|scripting\.filesystemobject|["']\.execute\(\)/i,
    finds: 'CreateObject("WScript.Shell").Run "calc"',
    leaves: 'a 50%x share'
  },
  {
    id: 'code-mongo-script',
    why: "Script and calls of Mongo's shell, commands of Redis and memcached behind a line end, and CouchDB's own views.",
    reach: 'string',
    test: /\$where["']?\s*:|\bthis\.\w{1,32}\s*(?:\.\s*(?:match|length|indexOf|substr\w*)\s*[([]|[!=]==?\s*['"])|\bdb\.\w{1,32}\.(?:find\w*|insert\w*|update\w*|remove|drop|aggregate|count|save|delete\w*)\s*\(|\bmapReduce\s*\(|(?:^|\n)(?:flushall\b|config\s+set\s+\w|slaveof\s+\S+\s+\d|eval\s+["']|set\s+\w+\s+(?:\d+\s+\d+\s+\d+|(?:\d+|(?=[\w.,:;!?-]*[^\w\s.,:;!?-])\S+)\r?\n))|(?:^|\n)\*\d{1,3}\r?\n\$\d{1,4}\r?\n|^\/?_all_(?:docs|dbs)$/i,
    finds: 'this.password.match(/.*/)',
    leaves: 'this. That'
  },
  {
    id: 'code-django-lookup',
    why: 'Django: look-ups that cross to other tables or secret columns, and the connectors of its queries.',
    reach: 'string',
    only: ['name', 'string'],
    test: /^(?:\w{1,64}?__)?(?:\w{0,64}(?:password|passwd|secret|token|salt|hash|api_?key))__(?:i?(?:startswith|endswith|contains|regex|exact)|in|gte?|lte?|range|isnull)$|^[a-z]\w{0,64}?__[a-z]\w{0,64}?__(?:i?(?:startswith|endswith|contains|regex|exact)|in|gte?|lte?|range|isnull|has_keys?|has_any_keys|contained_by|len|year|date)$|^_(?:connector|negated)$/i,
    finds: 'owner__password__startswith',
    leaves:
      'import os, subprocess\n\ndef run(cmd: str) -> str:\n    """Runs a command; returns its output."""\n    return subprocess.run(cmd, shell=True, capture_output=True).stdout.decode()\n\nif __name__ == "__main__":\n    print(run("ls -la /etc | sort"), os.system("id"))\n    print("{}".format(1).__class__.__mro__)\n'
  }
]
