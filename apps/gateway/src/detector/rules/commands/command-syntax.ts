import type { Rule } from '../../rule.js'

/** Shell syntax that is recognized without a name of a program, and lines of mail protocols. */
export const COMMAND_SYNTAX_RULES: readonly Rule[] = [
  {
    id: 'command-substitution',
    why: 'Substitutions: `$(…)`, `${name}`, `<(…)`, `$((…))`.',
    reach: 'parameter',
    except: ['string', 'standard-header'],
    test: /\$\((?!\s*(?:document|window|this|function|['".#]))|\$\[\s*[\w$]+\s*[-+*/%]|\$\{(?:`|(?![a-z][a-zA-Z]{2,24}\}[\s!.,])[\w!#@*?-]{1,32}(?:[:%#/^,][^}]{0,64})?\}|IFS)|[<>]\(\s*[a-z/][^()]{0,128}\)/,
    finds: '${7*7}',
    leaves: '${name'
  },
  {
    id: 'command-wildcard-path',
    why: 'A path with wildcards where a name should be: `/???/??t`, `/etc/[p]asswd`, `/bi[n]/sh`.',
    reach: 'string',
    test: /(?:^|[\s=;|&`'"({+,])[/~][\w.]{0,16}(?:\?|\*|\\[?*]|\[[!^]?[\w-]{1,8}\])[\w?*[\]!^.\\]{0,24}\/[\w?*[\]!^.\\/-]{1,48}|\/(?:etc|bin|usr|proc|var|tmp)\/(?:[\w./-]{0,24})(?:\[[!^]?[\w-]{1,8}\]|\?[?*]|\?\w{1,4}(?=$|[\s/;|)])|\*\w|\w\*\w|\\\W)|\/\w{0,8}\[[!^]?[^\]/\s]{1,3}\]\w{1,8}(?:\/|$)|(?:^|[\s;|&+])\/(?:\?{2,}|[\w\\]{1,6}\*?)\/(?:\\?[?*])[\w?*\\]|\/e[\\t*?]{1,6}\/[\\*?p]/,
    finds: '/b?n/c?t /e??/h*sts',
    leaves: 'tags[]'
  },
  {
    id: 'command-empty-expansion',
    why: 'Variables that are empty, inside words: `c$@at`, `una$$me`, `c$?at`.',
    reach: 'string',
    test: /[a-z/]\$(?:[@$?*!]|\(\))[a-z/\\]|\{\w*\$\w[\\\w]*,|[a-z]\$[\d@][a-z]{1,8}\s+[/-]/i,
    finds: 'who$@ami',
    leaves:
      '<article><h2>Shell tips</h2><p>Use <code>ls -la | grep x; cat file</code> and <code>$(date)</code>.</p><table><tr><td>1</td></tr></table></article>'
  },
  {
    id: 'command-brace-expansion',
    why: 'Brace expansion for a blank: `{cat,/etc/passwd}`, `{,ifconfig}`, `{l,-lh}s`.',
    reach: 'parameter',
    except: ['string', 'xml'],
    test: /(?:^|[\s;|&`$(='"])\{(?=[^{}]{0,96}[a-z/?$])[^{}\s:=<>,]{0,48}(?:,[^{}\s:=<>,]{0,48}){1,24}\}(?=[a-z\s;|&`)'"]|$)/i,
    finds: '{nc,-lvp,9001}',
    leaves: '${name'
  },
  {
    id: 'command-brace-expansion-in-string',
    why: 'A command in braces as the whole string, `{nc,-lvp,9001}`, `{,id}`: patterns of file names have other parts beside them.',
    reach: 'string',
    only: ['string'],
    test: /^\s*\{(?:,[\w$"'/?]{2,48}|[a-z]{2,24},[-/$][^{}\s:*]{1,64})(?:,[^{}\s:*]{0,64}){0,16}\}\s*$/i,
    finds: '{nc,-lvp,9001}',
    leaves: '{src,test}'
  },
  {
    id: 'command-shell-variable',
    why: "The shell's own variables.",
    reach: 'parameter',
    except: ['string'],
    leavesProse: true,
    test: /(?<!\b(?:your|the|my|in|to|on|via) )\$\{?(?:BASH(?:_\w+)?|CDPATH|DIRSTACK|E?UID|HOME|HOSTNAME|HOSTTYPE|IFS|LANG|LOGNAME|MACHTYPE|OLDPWD|OSTYPE|PATH|PPID|PS[1-4]|PWD|RANDOM|SHELL|SHELLOPTS|SHLVL|USER)(?![\w$])/g,
    finds: 'a $HOME b',
    leaves: 'add a folder to your $PATH'
  },
  {
    id: 'command-field-separator',
    why: 'Blanks made of `$IFS` or `${IFS}`.',
    reach: 'field',
    test: /\w\$\{?IFS\b|\$\{IFS[:}%]|\$IFS\$?\d?[\w/-]/,
    finds: 'echo$IFS$9hi;ls',
    leaves: '$ifstream'
  },
  {
    id: 'command-shellshock',
    why: 'A function in an environment variable (CVE-2014-6271).',
    reach: 'field',
    test: /\(\)\s{0,8}\{\s{0,8}(?:_|:)?\s{0,8};?\s{0,8}(?:\}\s{0,4};|\};|>_\[)/,
    finds: '() { :; }; a',
    leaves:
      'package main\n\nimport (\n\t"fmt"\n\t"os/exec"\n)\n\nfunc main() {\n\tout, err := exec.Command("cat", "/etc/passwd").Output()\n\tif err != nil || len(out) == 0 {\n\t\tpanic(err)\n\t}\n\tfmt.Println(string(out))\n}\n'
  },
  {
    id: 'command-fork-bomb',
    why: 'A function that runs itself twice.',
    reach: 'string',
    test: /([:\w]{1,32})\s{0,4}\(\s{0,4}\)\s{0,4}\{[^{}]{0,16}\1(?:\(\))?\s{0,4}[|&]\s{0,4}\1?/,
    finds: 'b(){ b|b& };b',
    leaves:
      'package main\n\nimport (\n\t"fmt"\n\t"os/exec"\n)\n\nfunc main() {\n\tout, err := exec.Command("cat", "/etc/passwd").Output()\n\tif err != nil || len(out) == 0 {\n\t\tpanic(err)\n\t}\n\tfmt.Println(string(out))\n}\n'
  },
  {
    id: 'command-tilde-expansion',
    why: "A value of tilde and sign: the shell's directories `~+`, `~-`, `~2`.",
    reach: 'parameter',
    except: ['string', 'path'],
    test: /^~[+-]?\d{0,3}$|[\s;|&`$(<>=:]~[+-]\d{0,3}$/,
    finds: '~+',
    leaves: '~20 km'
  },
  {
    id: 'command-alias',
    why: 'An alias defined.',
    reach: 'string',
    except: ['xml'],
    test: /\balias\s+(?:-p\s*|[+-]\w[+]?\s+){0,2}['"]?\w{1,32}['"]?\s{0,4}=/,
    finds: "alias ll='ls -l'",
    leaves: 'an alias of mine'
  },
  {
    id: 'command-redirection',
    why: 'Here strings and redirections between descriptors.',
    reach: 'parameter',
    except: ['string', 'xml'],
    test: /\w\s{0,4}<<<\s{0,4}['"\w$]|\d?>&\s?\d|<>\s*\/dev\/|>\s*\/dev\/(?:null|tcp|udp)|\/dev\/(?:tcp|udp)\//,
    finds: 'ls<<<x | sh',
    leaves:
      '<?xml version="1.0"?>\n<rss version="2.0"><channel><title>News &amp; views</title><item><title>Update on trade: what next?</title><link>https://example.com/a?b=1&amp;c=2</link><description>&lt;p&gt;Hello&lt;/p&gt;</description></item></channel></rss>'
  },
  {
    id: 'command-windows-for',
    why: 'Loops of cmd.exe: `FOR %x IN (…) DO …`.',
    reach: 'string',
    test: /\bfor\s{1,64}(?:\/[dflr]\s{1,16}){0,2}(?:["'\\][^"]{0,64}["']?\s{1,16}|[a-z]:\\\S{0,64}\s{1,16})?%{1,2}\S{1,16}\s{1,16}in\s{0,16}\(/i,
    finds: 'for %i in (*) do x',
    leaves: 'format'
  },
  {
    id: 'command-windows-if',
    why: 'Conditions of cmd.exe: `IF EXIST f (…)`, `IF NOT "%1"=="" …`.',
    reach: 'string',
    except: ['xml'],
    test: /(?:^|[;&|(\r\n])\s{0,8}if\s{1,32}(?:\/i\s{1,16})?(?:not\s{1,16})?(?:(?:exist|defined)\s{1,16}\S{1,64}\s{1,16}[(\w@]|(?:errorlevel|cmdextversion)\s{1,16}\d|(?:"[^"]{0,64}"|\(?[\w%!~[\]^/?]{1,32}\)?)\s{0,16}(?:==|\b(?:equ|neq|lss|leq|gtr|geq)\b)\s{0,16}(?!\S{1,64}:\s*(?:[\r\n]|$))\S)/i,
    finds: 'if "%1"=="" echo none',
    leaves: 'style = life'
  },
  {
    id: 'command-server-side-include',
    why: 'Server-side includes.',
    reach: 'field',
    test: /<!--#\s*(?:exec|include|echo|printenv|config|set)\b/i,
    finds: '<!--#exec cmd="ls"-->',
    leaves: '<!-- #exec -->'
  },
  {
    id: 'command-smtp',
    why: 'A mail command on a line of its own: SMTP.',
    reach: 'string',
    except: ['header'],
    wholeOnly: true,
    test: /[\r\n]\s{0,8}(?:(?:ehlo|helo)\s+[\w.-]{3,64}|(?:mail\s+from|rcpt\s+to)\s*:|(?:vrfy|expn)\s+[\w.@<-]{2,64}|(?:data|noop|rset|quit|starttls)\s*(?:[\r\n]|$)|auth\s+(?:plain|login|cram-md5|\w+)\b)/i,
    finds: 'a\nRCPT TO: <b@example.com>',
    leaves: 'export const a = 1\n'
  },
  {
    id: 'command-imap',
    why: 'The same: IMAP, whose commands have a tag.',
    reach: 'string',
    except: ['header'],
    wholeOnly: true,
    test: /[\r\n]\s{0,8}[a-z]?\d{1,5}\s+(?:append|authenticate|capability|check|close|copy|create|delete|examine|expunge|fetch|list|login|logout|lsub|noop|rename|search|select|starttls|status|store|subscribe|uid|unsubscribe|xatom)(?:\s+["(\w]|\s*$|[\r\n])/i,
    finds: 'a\nA1 LOGIN kim pass',
    leaves: 'export const a = 1\n'
  },
  {
    id: 'command-pop3',
    why: 'The same: POP3.',
    reach: 'string',
    except: ['header'],
    wholeOnly: true,
    test: /[\r\n]\s{0,8}(?:(?:list|retr|dele|uidl)\s+\d{1,5}|top\s+\d+\s+\d+|(?:user|pass|apop)\s+\S{1,64}\s*$|(?:stat|list|uidl|rset|quit)\s*$)/i,
    finds: 'a\nRETR 1',
    leaves: 'export const a = 1\n'
  },
  {
    id: 'command-upload-name',
    why: 'Settings and hidden files uploaded by their names.',
    reach: 'parameter',
    only: ['filename'],
    test: /(?:^|[/\\])(?:\.(?:htaccess|htpasswd|htdigest|user\.ini|env\w*|git\w*|npmrc|bash\w*|ssh|profile|zshrc|dockerignore|aws|www_acl|wwwacl|proclog|addressbook|drone\.yml|travis\.yml|gitlab-ci\.yml)|config\.(?:ya?ml|inc(?:\.php)?|php|xml|json|ini)|wp-config\.(?:php|bak|old|temp|tmp|txt)|web\.config|php\.ini|settings\.(?:php|py|xml|ya?ml|ini|json)|localsettings\.php|(?:local|global)\.xml|docker-compose\.ya?ml|dockerfile|database\.yml|boot\.ini|win\.ini|authorized_keys|id_rsa|crontab|sites\.ini|env\.php|parameters\.(?:yml|php)|(?:config_\w{1,8}|routing|security|services)\.yml|composer\.(?:json|lock)|(?:auth|bower|ormconfig|package(?:-lock|s)?|npm-shrinkwrap|sftp-config|tsconfig)\.json|desktop\.ini|thumbs\.db|(?:php_errors?|npm-debug)\.log|weblogic\.xml|webpack\.config\.js|yarn\.lock|\w{0,24}\.(?:sh|bash|bat|cmd|ps1|exe|dll|cgi|asp|aspx|ashx|asmx|cer|hta|vbs|scr))$/i,
    finds: '.ssh/id_rsa',
    leaves: 'Dublin'
  },
  {
    id: 'command-sqlite-shell',
    why: "Dot commands of SQLite's shell.",
    reach: 'string',
    except: ['xml'],
    test: /[;\r\n'"]\s{0,16}\.\s{0,4}["']?(?:archive|auth|backup|bail|binary|changes|clone|connection|databases|dbconfig|dbinfo|dump|eqp|excel|expert|explain|filectrl|fullschema|headers|import|imposter|indexes|intck|limit|lint|load|mode|nonce|nullvalue|once|output|parameter|progress|prompt|quit|recover|restore|scanstats|schema|selftest|separator|session|sha3sum|shell|stats|system|tables|testcase|testctrl|timeout|timer|trace|unmodule|vfsinfo|vfslist|vfsname|width)(?:["'\s]|$)|(?:^|[;\r\n])\s{0,16}\.(?:system|shell|import|open|output|dump|read|load|once|backup|save|restore|log|cd|clone|excel|archive|databases|recover)\s+["'\w./|-]/i,
    finds: '.shell id',
    leaves: '/repo/file.shell'
  },
  {
    id: 'command-history-expansion',
    why: "Bash's history: `!!`, `!-2`, `!:0`, `!cat`.",
    reach: 'parameter',
    only: ['value', 'cookie', 'part'],
    test: /^(?!!!!)\W{0,2}!(?:!(?!!)|-?\d{1,4}\b|:\d|:-|\?\w+\??|:\^|\$)(?:[:\s;|&].{0,32})?$|[;|&]\s*!(?:!|-?\d+\b|\w+)|\s!-?\d{1,4}\s*$/,
    finds: '!!',
    leaves: 'Order by Friday!'
  },
  {
    id: 'command-shell-option',
    why: 'History kept off, options of shells set.',
    reach: 'string',
    except: ['xml'],
    test: /\$\{?(?:SHELL|BASH|0)\}?\s+-[ci]\b|^\W{0,4}(?:\w+=)?(?:set\s+[-+][a-z]\s*\w|shopt\s+-\w|unset\s+HIST\w+|export\s+\w+=)/,
    finds: 'set -o allexport',
    leaves: 'export const a = 1\n'
  }
]
