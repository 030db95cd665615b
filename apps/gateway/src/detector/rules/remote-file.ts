import type { Rule } from '../rule.js'

export const REMOTE_FILE_RULES: readonly Rule[] = [
  {
    // Schemes that make a server read, run or unpack something.
    id: 'remote-wrapper-scheme',
    reach: 'parameter',
    literals: ['://', ':/', 'jar:', 'netdoc:'],
    test: /(?:^|[=\s"'(,])(?:url:)?(?:gopher|ldap[si]?|dict|tftp|phar|expect|zip|bzip2|zlib|glob|ogg|ssh2(?:\.\w{2,6})?|rar|compress\.\w{3,5}|local_file|netdoc|php|file|jar|dns|rmi|iiop|nis|smb|cifs|afp|mms|rtsp|telnet|tn3270|vnc|bitcoin|svn(?:\+ssh)?|view-source|sftp|pop3s?|imaps?|smtps?|ftps?|rsync|jdbc:\w+|turns?|stun|xmpp|unix|kafka|redis|mongodb|fish|slp|finger|opera|chrome|res|nntp|news|wais|prospero|winrm):\/{0,3}(?=[\w[\\/.])/i,
    except: ['header', 'path', 'name']
  },
  {
    // An include that cuts off what the script would append: `x=http://host/page?`, `x=file?`.
    id: 'remote-include-cut',
    reach: 'string',
    literals: ['?'],
    test: /^(?:https?|ftps?|file):\/\/\S{4,}\?+$|^(?:https?|ftps?|file)[:?/]*\?$/i,
    origins: ['value', 'cookie', 'part']
  },
  {
    // A URL whose host is a number.
    id: 'remote-numeric-host',
    reach: 'string',
    literals: ['http', 'ftp'],
    test: /^["'(\s]*(?:url:)?(?:https?|ftps?):\/\/(?!127\.0\.0\.1(?::\d+)?\/?$)\d{1,3}(?:\.\d{1,3}){3}(?=[:/?#]|$)/i,
    origins: ['value', 'cookie', 'part', 'filename']
  },
  {
    // A URL that ends in a script or a text, as an include wants it.
    id: 'remote-script',
    reach: 'string',
    literals: ['://'],
    test: /^(?:https?|ftps?):\/\/\S{1,200}(?:\.(?:php\d?|phtml|phps|inc|txt|asp|aspx|jsp|cgi|pl|sh|bash|ps1|bat|exe|dll|vbs|hta|dat|gif\?+)(?:\?+|[?&]cmd=\S*)?)$/i,
    origins: ['value', 'cookie', 'part']
  },
  {
    // A host disguised behind credentials: `http://good.example:x@evil.example/`.
    id: 'remote-credentials-disguise',
    reach: 'string',
    literals: ['@'],
    test: /^(?:url:)?(?:https?|ftps?|file):\/\/[^\s@?#]{1,128}@[\w.-]+/i,
    origins: ['value', 'cookie', 'part', 'path']
  },
  {
    // A file included by name through a parameter that scripts use for it.
    id: 'remote-include-parameter',
    reach: 'string',
    literals: [
      'mosconfig',
      '_conf[path]',
      '_serv',
      'gallery_basedir',
      'docroot',
      'appserv_root',
      'root_dir',
      'include',
      'root_path',
      'dir_prefix'
    ],
    test: /mosconfig_absolute_path|_CONF\[path\]|_SERVER\[DOCUMENT_ROOT\]|GALLERY_BASEDIR|path\[docroot\]|appserv_root|config\[root_dir\]|\binclude\s*\(|\w+_root_path|dir_prefix/i,
    origins: ['name']
  }
]
