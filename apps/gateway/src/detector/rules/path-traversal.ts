import type { Rule } from '../rule.js'

/** Files that no client has business with, as they appear at the end of a traversal. */
const TARGETS =
  'etc[/\\\\]|proc[/\\\\]|windows|winnt|win\\.ini|boot\\.ini|passwd|shadow|web-inf|\\.env|\\.git|\\.ssh|\\.aws|system32|autoexec'

export const PATH_RULES: readonly Rule[] = [
  {
    id: 'path-step-up',
    why: 'A step up: `../`, `..\\`, `.../`, `..;/`.',
    reach: 'parameter',
    except: ['string'],
    test: new RegExp(
      `(?:^|[/\\\\=:;,"'\\s])(?:(?:\\.{2,4}[/\\\\]+){2}|\\.{2,4};[/\\\\]|\\.{2,4}\\\\|\\.{3,4}/|\\.\\./(?:${TARGETS}|\\.|[\\w.-]{0,24}\\.(?:env|ini|conf|cfg|pem|key|php|sh|log|bak|sql|yml|properties)\\b))|(?<=^|[\\w.-])/\\.\\./(?:${TARGETS}|\\.|[\\w.-]{0,24}\\.(?:env|ini|conf|cfg|pem|key|php|sh|log|bak|sql|yml|properties)\\b)|[/\\\\]\\.\\.$`
    ),
    finds: '..\\..\\boot.ini',
    leaves:
      '---\ntitle: Notes\ndate: 2026-01-02\n---\n\n# Notes\n\n| a | b |\n|---|---|\n| 1 | `x && y` |\n\n[link](../guide/index.md) ![img](./a.png)\n'
  },
  {
    id: 'path-step-up-disguised',
    why: "The same with its dots or slashes written as C's escapes, or with characters between them that servers drop.",
    reach: 'parameter',
    except: ['header'],
    test: /(?:\.|0x2e)(?:\.|0x2e)(?:0x2f|0x5c|[\0\r\n]{1,2}[/\\])|(?:\.|0x2e)0x2e[/\\]|0x2e\.[/\\]|(?:^|[/\\])\0?\.\0\.\0?[/\\]|0x5c0x2e|(?:^|[/\\])(?:\?\.|\.\?|\?\?)[/\\]/i,
    finds: '..0x2fetc',
    leaves: 'at 0x2e00'
  },
  {
    id: 'path-step-up-in-file-name',
    why: 'A file name with a step in it.',
    reach: 'parameter',
    only: ['filename'],
    test: /\.\.[/\\]/,
    finds: '../a.txt',
    leaves: 'a..txt'
  },
  {
    id: 'path-steps-to-system-file',
    why: 'Steps up that end in a file of the system, in any short string.',
    reach: 'field',
    test: new RegExp(`(?:\\.{2,3}[/\\\\]+){2,20}(?:${TARGETS})`, 'i'),
    finds: '..\\..\\boot.ini',
    leaves: 'file:../core'
  },
  {
    id: 'path-deep-traversal',
    why: 'Many steps up into /etc and the like, anywhere.',
    reach: 'document',
    literals: '../../etc/passwd ..\\..\\windows\\ ../../etc/shadow ../../windows/win.ini ../../boot.ini',
    test: /(?:\.\.[/\\]){3}(?:etc[/\\](?:passwd|shadow)|windows[/\\]|boot\.ini)/i,
    finds: '../../../../etc/shadow',
    leaves: '../../../tsconfig.json'
  },
  {
    id: 'path-null-byte',
    why: 'A path that stops a C string.',
    reach: 'string',
    except: ['xml', 'part'],
    test: /[\w./\\]\0(?:$|[.\w])/,
    finds: 'a.png\x00.php',
    leaves: '\x00'
  },
  {
    id: 'path-unix-system-file',
    why: "Files that hold a Unix system's accounts, state or secrets.",
    reach: 'parameter',
    except: ['string'],
    leavesProse: true,
    test: /\/etc\/+[\w.]|(?:^|[^\w.])(?:etc\/+(?:passwd|shadow|group|gshadow|hosts|hostname|issue|motd|mtab|fstab|sub[ug]id|sudoers|crontab|cron\.|profile|bash|ssh\/|ssl\/|apache2?\/|nginx\/|httpd\/|php|mysql|my\.cnf|postgresql|redis|resolv|environment|os-release|security\/|pam|init|rc|ld\.so|exports|samba|ldap|kubernetes|docker|master\.passwd|s?pwd\.db|shells)|(?:run\/secrets|lib64\/ld-)|proc\/(?:self|sys|net|\d+|version|cpuinfo|meminfo|mounts|cmdline|environ|sched|kcore|kallsyms|modules|partitions)|sys\/(?:class|kernel|devices|firmware|fs|module)|root\/\.?\w|dev\/(?:tcp|udp|shm|mem|sd[a-z]|u?random|null|zero|fd|std(?:in|out|err))|var\/(?:log|run|mail)\/\w|usr\/local\/(?:etc|apache|nginx)|var\/(?:www|lib|spool|cache|backups)\/\w|boot\/\w|home\/\w+\/\.|lib\/modules|opt\/\w+\/(?:conf|etc|log))|[/\\](?:(?:php|my|win|boot|system)\.ini|(?:my|mysql\w{0,8}|debian)\.cnf|(?:httpd|apache2?|nginx|postgresql|pg_(?:hba|ident)|wampserver|pure-?ftpd|proftpd|vsftpd|lighttpd|jakarta|sshd|smb|redis)\.conf(?:\.php)?|[\w-]{0,24}(?:access|error|catalina|mysql|boot|syslog|login|server|postgresql|slow|sendmail|postmaster|panel|mod_jk)[\w-]{0,8}[._](?:log|err|out|index)|pureftpd\.(?:pdb|passwd)|(?:server|context|login-config|jboss[\w-]{0,12})\.xml|workers\.properties|config(?:\.inc)?\.php|\.(?:htdigest|cshrc|tcshrc|vimrc|lesshst|l?history|zhistory|rhistory|xauthority|pearrc|lldb-history|python_history|node_repl_history|s3cfg|boto|rhosts|netrc))(?=$|[\0?#;"'%])/gi,
    finds: '/etc/passwd',
    leaves: '/usr/local/bin:/usr/bin'
  },
  {
    id: 'path-system-file-alone',
    why: 'The same as the whole of a string.',
    reach: 'field',
    test: /^(?:file:\/\/)?\/(?:etc\/(?:passwd|shadow|gshadow|sudoers|group|issue|motd|fstab|crontab|master\.passwd|kubernetes\/\w+\.conf|mysql\/my\.cnf)|proc\/(?:self\/\w+|version|cmdline|mounts|cpuinfo|net\/\w+|\d+\/\w+)|var\/log\/(?:apache2?|httpd|nginx)\/\w+[._]log|run\/secrets\/kubernetes\.io\/.{1,64}|var\/lib\/mlocate\/.{1,32})$|^(?:\.?\/)?(?:WEB|META)-INF\/[\w./-]{1,64}$/,
    finds: '/etc/passwd',
    leaves:
      '#!/usr/bin/env bash\nset -euo pipefail\n\nfor f in /etc/*.conf; do\n  cat "$f" | grep -v "^#" || true\ndone\ncurl -fsS "https://example.com/$(uname -s)" -o /tmp/x; chmod +x /tmp/x\n'
  },
  {
    id: 'path-windows-system-file',
    why: "A Windows system's files.",
    reach: 'string',
    test: /(?:boot|win|system)\.ini\b|\bsystem32[/\\]|\bntuser\.dat|[a-z]:[/\\]+(?:windows|winnt|inetpub)[/\\]|\bwindows[/\\](?:win|system|repair|temp|panther)/i,
    finds: '..\\..\\boot.ini',
    leaves: 'windows/mac/linux'
  },
  {
    id: 'path-secret-file',
    why: 'Hidden files with secrets: `.ssh/id_rsa`, `.aws/credentials`, `.docker/…`.',
    reach: 'string',
    except: ['xml', 'header', 'standard-header'],
    wholeOnly: true,
    leavesProse: true,
    test: /(?:^|[/\\=\s"'>@])(?:\.(?:ssh|aws|docker|kube|gnupg|azure|gem|svn|hg|git|config|subversion|vscode|idea)[/\\]|\.(?:ht(?:passwd|access)|npmrc|pgpass|netrc|my\.cnf|pypirc|viminfo|git-credentials|gitconfig|env(?:\.(?!example|sample|dist|template)\w+)?(?!\.)|profile|(?:bash|zsh)(?:rc|_\w+|env)|\w+_history)\b|id_(?:rsa|dsa|ecdsa|ed25519)\b|wp-config\.(?:php|bak|old|txt)|web-inf[/\\])/gi,
    finds: '/.git/HEAD',
    leaves: 'an environment.env.d'
  },
  {
    id: 'path-secret-file-header',
    why: 'The same in headers, but never in the path of a Referer.',
    reach: 'string',
    only: ['header'],
    test: /\.(?:ssh|aws|docker|kube)\/|\bid_rsa\b|\.bash_history|\.htpasswd/,
    finds: '.ssh/id_rsa',
    leaves: 'https://x.example/myid-rsa/'
  },
  {
    id: 'path-hidden-component',
    why: 'A path with a hidden component: tools keep keys there, sites serve none but `.well-known`.',
    reach: 'string',
    only: ['path'],
    test: /\/\.(?!well-known(?:\/|$)|\/|$)[a-z0-9_][\w-]*/i,
    finds: '/.git/HEAD',
    leaves: '../../tsconfig.base.json'
  },
  {
    id: 'path-redirect-to-temporary',
    why: 'Writing where all may write, or to a device: `>/tmp/x`.',
    reach: 'parameter',
    except: ['xml'],
    test: />\s*\/(?:tmp|dev)\/(?!(?:test|null)\b)\w|^\/tmp\/\w+\.(?:sh|php|pl|py)\b/,
    finds: 'bash -c "exec 3<>/dev/tcp/192.0.2.8/80"',
    leaves:
      '#!/usr/bin/env bash\nset -euo pipefail\n\nfor f in /etc/*.conf; do\n  cat "$f" | grep -v "^#" || true\ndone\ncurl -fsS "https://example.com/$(uname -s)" -o /tmp/x; chmod +x /tmp/x\n'
  }
]
