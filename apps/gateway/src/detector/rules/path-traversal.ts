import type { Rule } from '../rule.js'

/** Files that no client has business with, as they appear at the end of a traversal. */
const TARGETS =
  'etc[/\\\\]|proc[/\\\\]|windows|winnt|win\\.ini|boot\\.ini|passwd|shadow|web-inf|\\.env|\\.git|\\.ssh|\\.aws|system32|autoexec'

export const PATH_RULES: readonly Rule[] = [
  {
    // A step up: `../`, `..\`, `.../`, `..;/`.
    id: 'path-step-up',
    reach: 'parameter',
    literals: ['../', '..\\', '..;/', '/..', '\\..'],
    test: /(?:^|[/\\=:;,"'\s])\.{2,4};?[/\\]|[/\\]\.\.$/
  },
  {
    // The same with its dots or slashes written as C's escapes, or with characters between them that servers drop.
    id: 'path-step-up-disguised',
    reach: 'parameter',
    literals: ['0x2e', '0x2f', '0x5c', '.\0', '..\r', '..\n', '\0.', '?./', '.?/'],
    test: /(?:\.|0x2e)(?:\.|0x2e)(?:0x2f|0x5c|[\0\r\n]{1,2}[/\\])|(?:\.|0x2e)0x2e[/\\]|0x2e\.[/\\]|(?:^|[/\\])\0?\.\0\.\0?[/\\]|0x5c0x2e|(?:^|[/\\])(?:\?\.|\.\?|\?\?)[/\\]/i,
    except: ['header']
  },
  {
    // In headers, where relative links are rare but not unheard of, two steps.
    id: 'path-steps-up-header',
    reach: 'string',
    literals: ['../', '..\\'],
    test: /\.{2,3}[/\\]+\.{2,3}[/\\]/,
    origins: ['header']
  },
  {
    // Steps up that end in a file of the system, in any short string.
    id: 'path-steps-to-system-file',
    reach: 'field',
    literals: ['../', '..\\'],
    test: new RegExp(`(?:\\.{2,3}[/\\\\]+){2,20}(?:${TARGETS})`, 'i')
  },
  {
    // Many steps up into /etc and the like, anywhere.
    id: 'path-deep-traversal',
    reach: 'document',
    literals: ['../../etc/passwd', '..\\..\\windows\\', '../../etc/shadow', '../../windows/win.ini', '../../boot.ini'],
    test: /(?:\.\.[/\\]){3}/
  },
  {
    // A path that stops a C string.
    id: 'path-null-byte',
    reach: 'string',
    literals: ['\0'],
    test: /[\w./\\]\0(?:$|[.\w])/,
    except: ['xml', 'part']
  },
  {
    // Files that hold a Unix system's accounts, state or secrets.
    id: 'path-unix-system-file',
    reach: 'parameter',
    literals: [
      'etc/',
      'proc/',
      '/sys/',
      '/root/',
      '/dev/',
      '/var/log/',
      '/var/run/',
      '/usr/local/',
      '/opt/',
      '/var/',
      '/boot/',
      '/home/',
      '/lib/'
    ],
    test: /\/etc\/+[\w.]|(?:^|[^\w.])(?:etc\/+(?:passwd|shadow|group|gshadow|hosts|hostname|issue|motd|mtab|fstab|sub[ug]id|sudoers|crontab|cron\.|profile|bash|ssh\/|ssl\/|apache2?\/|nginx\/|httpd\/|php|mysql|my\.cnf|postgresql|redis|resolv|environment|os-release|security\/|pam|init|rc|ld\.so|exports|samba|ldap|kubernetes|docker)|proc\/(?:self|sys|net|\d+|version|cpuinfo|meminfo|mounts|cmdline|environ|sched|kcore|kallsyms|modules|partitions)|sys\/(?:class|kernel|devices|firmware|fs|module)|root\/\.?\w|dev\/(?:tcp|udp|shm|mem|sd[a-z]|random|urandom|null)|var\/(?:log|run|mail)\/\w|usr\/local\/(?:etc|apache|nginx)|var\/(?:www|lib|spool|cache|backups)\/\w|boot\/\w|home\/\w+\/\.|lib\/modules|opt\/\w+\/(?:conf|etc|log))/i
  },
  {
    // The same as the whole of a string.
    id: 'path-system-file-alone',
    reach: 'field',
    literals: ['/etc/', '/proc/self'],
    test: /^(?:file:\/\/)?\/(?:etc\/(?:passwd|shadow|sudoers|group)|proc\/self\/(?:environ|cmdline|maps|fd))$/
  },
  {
    // A Windows system's files.
    id: 'path-windows-system-file',
    reach: 'string',
    literals: ['boot.ini', 'win.ini', 'system32', 'system.ini', 'ntuser', 'windows\\', 'winnt', 'inetpub', 'windows/'],
    test: /(?:boot|win|system)\.ini\b|\bsystem32[/\\]|\bntuser\.dat|[a-z]:[/\\]+(?:windows|winnt|inetpub)[/\\]|\bwindows[/\\](?:win|system|repair|temp|panther)/i
  },
  {
    // Hidden files with secrets: `.ssh/id_rsa`, `.aws/credentials`, `.docker/…`.
    id: 'path-secret-file',
    reach: 'string',
    wholeOnly: true,
    literals: [
      '.ssh/',
      'id_rsa',
      'id_dsa',
      'id_ecdsa',
      'id_ed25519',
      '.aws/',
      '.docker/',
      '.kube/',
      '.gnupg',
      '.bash',
      '.env',
      '.git/',
      '.svn/',
      '.hg/',
      '.htpasswd',
      '.htaccess',
      '.npmrc',
      '.pgpass',
      '.netrc',
      '.my.cnf',
      '.mysql_history',
      '.psql_history',
      'wp-config',
      'web-inf',
      '.zsh',
      '.profile',
      '.config/',
      '.azure',
      '.gem/',
      '.pypirc',
      '.viminfo',
      '.subversion',
      '.git-credentials',
      '.gitconfig',
      '.vscode/',
      '.idea/'
    ],
    test: /(?:^|[/\\=\s"'>@])(?:\.(?:ssh|aws|docker|kube|gnupg|azure|gem|svn|hg|git|config|subversion|vscode|idea)[/\\]|\.(?:ht(?:passwd|access)|npmrc|pgpass|netrc|my\.cnf|pypirc|viminfo|git-credentials|gitconfig|env(?:\.\w+)?|profile|(?:bash|zsh)(?:rc|_\w+|env)|\w+_history)\b|id_(?:rsa|dsa|ecdsa|ed25519)\b|wp-config\.(?:php|bak|old|txt)|web-inf[/\\])/i,
    except: ['xml', 'header', 'standard-header']
  },
  {
    // The same in headers, but never in the path of a Referer.
    id: 'path-secret-file-header',
    reach: 'string',
    literals: ['.ssh/', 'id_rsa', '.aws/', '.docker/', '.kube/', '.bash_history', '.htpasswd'],
    test: /\.(?:ssh|aws|docker|kube)\/|\bid_rsa\b|\.bash_history|\.htpasswd/,
    origins: ['header']
  },
  {
    // A path with a hidden component: tools keep keys there, sites serve none but `.well-known`.
    id: 'path-hidden-component',
    reach: 'string',
    literals: ['/.'],
    test: /\/\.(?!well-known(?:\/|$)|\/|$)[a-z0-9_][\w-]*/i,
    origins: ['path']
  },
  {
    // Backups, dumps and settings left in the document root.
    id: 'path-left-over-file',
    reach: 'string',
    literals: [
      'wp-config',
      'config.',
      'config/',
      'gemfile',
      'vagrantfile',
      'jenkinsfile',
      'procfile',
      'gulpfile',
      'bower.json',
      'auth.json',
      'installed.json',
      'appsettings',
      'master.key',
      'ds_store',
      'thumbs.db',
      'meta-inf',
      'web-inf',
      'htpasswd',
      'docker-compose',
      'composer.',
      'package.json',
      'web.config',
      'secrets',
      'credentials',
      '.sql',
      'backup',
      'phpinfo',
      'dockerfile',
      '.pem',
      '.key',
      'claude',
      'agents.md',
      'yarn.lock',
      'package-lock',
      'settings.php',
      'web.xml',
      '.conf',
      'php.ini',
      'npm-debug',
      'sftp-config',
      'database.yml',
      'parameters.yml',
      '_log',
      '.log',
      'id_',
      'ormconfig',
      'gruntfile'
    ],
    test: /\/(?:wp-config\.php|web\.config|docker-compose\.ya?ml|dockerfile|composer\.(?:json|lock)|secrets?\.(?:env|ya?ml|json|toml)|credentials(?:\.\w+)?$|[\w-]*(?:backup|dump)[\w-]*\.(?:sql|zip|tar|gz|bak)|phpinfo\.php|config\.(?:php|inc|bak|ya?ml)|package(?:-lock)?\.json|yarn\.lock|(?:local)?settings\.php|web\.xml|nginx\.conf|httpd\.conf|php\.ini|npm-debug\.log|sftp-config\.json|database\.yml|parameters\.yml|(?:error|access)[_.]log|id_(?:rsa|dsa|ed25519)|ormconfig\.json|gruntfile\.js|claude(?:\.local)?\.md|agents\.md|gemfile(?:\.lock)?|vagrantfile|jenkinsfile|procfile|gulpfile\.\w+|bower\.json|auth\.json|installed\.json|appsettings(?:\.\w+)?\.json|master\.key|[\w-]+\.(?:pem|ppk|pfx|p12|kdbx)|thumbs\.db|(?:web|meta)-inf\/.*|config\/[\w-]+\.(?:ya?ml|ini|php|inc)|htpasswd)(?:$|[/?])/i,
    origins: ['path']
  },
  {
    // Writing where all may write, or to a device: `>/tmp/x`.
    id: 'path-redirect-to-temporary',
    reach: 'parameter',
    literals: ['/tmp/', '/dev/'],
    test: />\s*\/(?:tmp|dev)\/(?!test\b)\w|^\/tmp\/\w+\.(?:sh|php|pl|py)\b/,
    except: ['xml']
  }
]
