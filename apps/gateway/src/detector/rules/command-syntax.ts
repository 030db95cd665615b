import type { Rule } from '../rule.js'

/** Shell syntax that needs no name of a program to be told, and lines of mail protocols. */
export const COMMAND_SYNTAX_RULES: readonly Rule[] = [
  {
    // Substitutions: `$(…)`, `${name}`, `<(…)`, `$((…))`.
    id: 'command-substitution',
    reach: 'parameter',
    literals: ['$(', '${', '<(', '>('],
    test: /\$\((?!\s*(?:document|window|this|function|['".#]))|\$\{(?:`|[\w!#@*?-]{1,32}(?:[:%#/^,][^}]{0,64})?\}|IFS)|[<>]\(\s*[a-z/][^()]{0,128}\)/,
    except: ['standard-header']
  },
  {
    // Backquotes around a command with an option or a path, in parameters.
    id: 'command-backquoted',
    reach: 'string',
    literals: ['`'],
    test: /`\s*(?:\/[\w/]{2,48}|[a-z]{2,16}\s+(?:-|\/|<<<))[^`]{0,128}`/,
    except: ['xml']
  },
  {
    // A path with wildcards where a name should be: `/???/??t`, `/etc/[p]asswd`, `/bi[n]/sh`.
    id: 'command-wildcard-path',
    reach: 'string',
    literals: ['?', '*', '['],
    test: /(?:^|[\s=;|&`'"({+,])[/~][\w.]{0,16}(?:\?|\*|\\[?*]|\[[!^]?[\w-]{1,8}\])[\w?*[\]!^.\\]{0,24}\/[\w?*[\]!^.\\/-]{1,48}|\/(?:etc|bin|usr|proc|var|tmp)\/(?:[\w./-]{0,24})(?:\[[!^]?[\w-]{1,8}\]|\?[?*]|\?\w{1,4}(?=$|[\s/;|)])|\*\w|\w\*\w|\\\W)|\/bi\[n\]|(?:^|[\s;|&+])\/(?:\?{2,}|[\w\\]{1,6}\*?)\/(?:\\?[?*])[\w?*\\]|\/e[\\t*?]{1,6}\/[\\*?p]/
  },
  {
    // Variables that are empty, inside words: `c$@at`, `una$$me`, `c$?at`.
    id: 'command-empty-expansion',
    reach: 'string',
    literals: ['$@', '$$', '$?', '$*', '$(', '$u', '$9', '$1', '$!'],
    test: /[a-z/]\$(?:[@$?*!]|\(\))[a-z/\\]|\{\w*\$\w[\\\w]*,|[a-z]\$[\d@][a-z]{1,8}\s+[/-]/i
  },
  {
    // Brace expansion for a blank: `{cat,/etc/passwd}`, `{,ifconfig}`, `{l,-lh}s`.
    id: 'command-brace-expansion',
    reach: 'parameter',
    literals: ['{'],
    test: /(?:^|[\s;|&`$(='"])\{(?=[^{}]{0,96}[a-z/?$])[^{}\s:=<>,]{0,48}(?:,[^{}\s:=<>,]{0,48}){1,24}\}(?=[a-z\s;|&`)'"]|$)/i,
    except: ['xml']
  },
  {
    // The shell's own variables.
    id: 'command-shell-variable',
    reach: 'parameter',
    literals: [
      '$home',
      '$path',
      '$pwd',
      '$shell',
      '$user',
      '$bash',
      '$lang',
      '$logname',
      '$hostname',
      '$oldpwd',
      '$ostype',
      '$cdpath',
      '$uid',
      '$euid',
      '$ppid',
      '$random',
      '$ps',
      '$dirstack',
      '${'
    ],
    test: /\$\{?(?:BASH(?:_\w+)?|CDPATH|DIRSTACK|E?UID|HOME|HOSTNAME|HOSTTYPE|IFS|LANG|LOGNAME|MACHTYPE|OLDPWD|OSTYPE|PATH|PPID|PS[1-4]|PWD|RANDOM|SHELL|SHELLOPTS|SHLVL|USER)(?![\w$])/
  },
  {
    // Blanks made of `$IFS` or `${IFS}`.
    id: 'command-field-separator',
    reach: 'field',
    literals: ['$ifs', '${ifs'],
    test: /\w\$\{?IFS\b|\$\{IFS[:}%]|\$IFS\$?\d?[\w/-]/
  },
  {
    // A function in an environment variable (CVE-2014-6271).
    id: 'command-shellshock',
    reach: 'field',
    literals: ['() {', '(){', '() %7b', ')  {'],
    test: /\(\)\s{0,8}\{\s{0,8}(?:_|:)?\s{0,8};?\s{0,8}(?:\}\s{0,4};|\};|>_\[)/
  },
  {
    // A function that runs itself twice.
    id: 'command-fork-bomb',
    reach: 'string',
    literals: ['(){', '() {', '()  {'],
    test: /([:\w]{1,32})\s{0,4}\(\s{0,4}\)\s{0,4}\{[^{}]{0,16}\1(?:\(\))?\s{0,4}[|&]\s{0,4}\1?/
  },
  {
    // A value of tilde and sign: the shell's directories `~+`, `~-`, `~2`.
    id: 'command-tilde-expansion',
    reach: 'parameter',
    literals: ['~'],
    test: /^~[+-]?\d{0,3}$/,
    except: ['path']
  },
  {
    // An alias defined.
    id: 'command-alias',
    reach: 'string',
    literals: ['alias'],
    test: /\balias\s+(?:-p\s*|[+-]\w[+]?\s+){0,2}['"]?\w{1,32}['"]?\s{0,4}=/,
    except: ['xml']
  },
  {
    // Here strings and redirections between descriptors.
    id: 'command-redirection',
    reach: 'parameter',
    literals: ['<<<', '2>&1', '>&', '<>/', '>/dev/', '> /dev/', '>|', '/dev/tcp/'],
    test: /\w\s{0,4}<<<\s{0,4}['"\w$]|\d?>&\s?\d|<>\s*\/dev\/|>\s*\/dev\/(?:null|tcp|udp)|\/dev\/(?:tcp|udp)\//,
    except: ['xml']
  },
  {
    // Loops of cmd.exe: `FOR %x IN (…) DO …`.
    id: 'command-windows-for',
    reach: 'string',
    literals: ['for'],
    test: /\bfor\s{1,64}(?:\/[dflr]\s{1,16}){0,2}(?:["'\\][^"]{0,64}["']?\s{1,16}|[a-z]:\\\S{0,64}\s{1,16}){0,2}%{1,2}\S{1,16}\s{1,16}in\s{0,16}\(/i
  },
  {
    // Conditions of cmd.exe: `IF EXIST f (…)`, `IF NOT "%1"=="" …`.
    id: 'command-windows-if',
    reach: 'string',
    literals: ['if'],
    test: /(?:^|[\s;&|(])if\s{1,32}(?:\/i\s{1,16})?(?:not\s{1,16})?(?:(?:exist|defined)\s{1,16}\S{1,64}\s{1,16}[(\w@]|(?:errorlevel|cmdextversion)\s{1,16}\d|(?:"[^"]{0,64}"|\(?[\w%!~[\]^/?]{1,32}\)?)\s{0,16}(?:==|\b(?:equ|neq|lss|leq|gtr|geq)\b)\s{0,16}(?!\S{1,64}:\s*(?:[\r\n]|$))\S)/i,
    except: ['xml']
  },
  {
    // Server-side includes.
    id: 'command-server-side-include',
    reach: 'field',
    literals: ['<!--#'],
    test: /<!--#\s*(?:exec|include|echo|printenv|config|set)\b/i
  },
  {
    // A mail command on a line of its own: SMTP.
    id: 'command-smtp',
    reach: 'string',
    wholeOnly: true,
    literals: ['\n', '\r'],
    test: /[\r\n]\s{0,8}(?:(?:ehlo|helo)\s+[\w.-]{3,64}|(?:mail\s+from|rcpt\s+to)\s*:|(?:vrfy|expn)\s+[\w.@<-]{2,64}|(?:data|noop|rset|quit|starttls)\s*(?:[\r\n]|$)|auth\s+(?:plain|login|cram-md5|\w+)\b)/i,
    except: ['header']
  },
  {
    // The same: IMAP, whose commands have a tag.
    id: 'command-imap',
    reach: 'string',
    wholeOnly: true,
    literals: ['\n', '\r'],
    test: /[\r\n]\s{0,8}[a-z]?\d{1,5}\s+(?:append|authenticate|capability|check|close|copy|create|delete|examine|expunge|fetch|list|login|logout|lsub|noop|rename|search|select|starttls|status|store|subscribe|uid|unsubscribe|xatom)(?:\s+["(\w]|\s*$|[\r\n])/i,
    except: ['header']
  },
  {
    // The same: POP3.
    id: 'command-pop3',
    reach: 'string',
    wholeOnly: true,
    literals: ['\n', '\r'],
    test: /[\r\n]\s{0,8}(?:(?:list|retr|dele|uidl)\s+\d{1,5}|top\s+\d+\s+\d+|(?:user|pass|apop)\s+\S{1,64}\s*$|(?:stat|list|uidl|rset|quit)\s*$)/i,
    except: ['header']
  },
  {
    // Settings and hidden files uploaded by their names.
    id: 'command-upload-name',
    reach: 'parameter',
    test: /(?:^|[/\\])(?:\.(?:htaccess|htpasswd|htdigest|user\.ini|env\w*|git\w*|npmrc|bash\w*|ssh|profile|zshrc|dockerignore|aws|www_acl|wwwacl|proclog|addressbook|drone\.yml|travis\.yml|gitlab-ci\.yml)|config\.(?:ya?ml|inc(?:\.php)?|php|xml|json|ini)|wp-config\.(?:php|bak|old|temp|tmp|txt)|web\.config|php\.ini|settings\.(?:php|py|xml|ya?ml|ini|json)|localsettings\.php|(?:local|global)\.xml|docker-compose\.ya?ml|dockerfile|database\.yml|boot\.ini|win\.ini|authorized_keys|id_rsa|crontab|sites\.ini|env\.php|parameters\.yml|composer\.json|package\.json|\w{0,24}\.(?:sh|bash|bat|cmd|ps1|exe|dll|cgi|asp|aspx|ashx|asmx|cer|hta|vbs|scr))$/i,
    origins: ['filename']
  },
  {
    // Dot commands of SQLite's shell.
    id: 'command-sqlite-shell',
    reach: 'string',
    literals: [
      '.system',
      '.shell',
      '.import',
      '.open',
      '.output',
      '.dump',
      '.read',
      '.load',
      '.once',
      '.backup',
      '.save',
      '.restore',
      '.log'
    ],
    test: /(?:^|[;\r\n])\s{0,16}\.(?:system|shell|import|open|output|dump|read|load|once|backup|save|restore|log|cd|clone|excel|archive|databases|recover)\s+["'\w./|-]/i,
    except: ['xml']
  },
  {
    // Bash's history: `!!`, `!-2`, `!:0`, `!cat`.
    id: 'command-history-expansion',
    reach: 'parameter',
    literals: ['!'],
    test: /^\W{0,2}!(?:!|-?\d{1,4}\b|:\d|:-|\?\w+\??|:\^|\$)(?:[:\s;|&].{0,32})?$|[;|&]\s*!(?:!|-?\d+\b|\w+)/,
    origins: ['value', 'cookie', 'part']
  },
  {
    // History kept off, options of shells set.
    id: 'command-shell-option',
    reach: 'string',
    literals: ['set ', 'shopt', 'unset ', 'export ', '$shell', '$bash', '$0', '${shell'],
    test: /\$\{?(?:SHELL|BASH|0)\}?\s+-[ci]\b|^\W{0,4}(?:\w+=)?(?:set\s+[-+][a-z]\s*\w|shopt\s+-\w|unset\s+HIST\w+|export\s+\w+=)/,
    except: ['xml']
  }
]
