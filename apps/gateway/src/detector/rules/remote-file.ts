import type { Rule } from '../rule.js'

export const REMOTE_FILE_RULES: readonly Rule[] = [
  {
    id: 'remote-wrapper-scheme',
    why: 'Schemes that make a server read, run or unpack something.',
    reach: 'parameter',
    except: ['string', 'header', 'path', 'name'],
    leavesProse: true,
    test: /(?:^|[=\s"'(,])(?:url:)?(?:gopher|ldap[si]?|dict|tftp|phar|expect|zip|bzip2|zlib|glob|ogg|ssh2(?:\.\w{2,6})?|rar|compress\.\w{3,5}|local_file|netdoc|php|file|jar|dns|rmi|iiop|nis|smb|cifs|afp|mms|rtsp|telnet|tn3270|vnc|bitcoin|svn(?:\+ssh)?|view-source|sftp|pop3s?|imaps?|smtps?|ftps?|rsync|jdbc:\w+|turns?|stun|xmpp|unix|kafka|redis|mongodb|fish|slp|finger|opera|chrome(?:-extension)?|res|nntp|news|wais|prospero|winrm|(?:acap|afs3?|callto|cvs|dav|ed2k|filesystem|h323|icap|ipps?|jabber|maven|mmsql|ms-(?:help|settings|windows-store)|mumble|nfs4?|oracle|paparazzi|pop2?|postgresql|psyc|rediss|rtmfp|rtsps|smbs|snews|snmp|socks[45]|ssh2|teamspeak|udp|unreal|ventrilo|xri|ymsgr)(?=:\/\/)):\/{0,3}(?=[\w[\\/.])/gi,
    finds: 'expect://id',
    leaves: 'http://example.com/'
  },
  {
    id: 'remote-include-cut',
    why: 'An include that cuts off what the script would append: `x=http://host/page?`, `x=file?`.',
    reach: 'string',
    only: ['value', 'cookie', 'part'],
    test: /^(?:https?|ftps?|file):\/\/\S{4,}\?+$|^(?:https?|ftps?|file)[:?/]*\?$/i,
    finds: 'https://host.example/a.txt?',
    leaves: "what's new?"
  },
  {
    id: 'remote-numeric-host',
    why: 'A URL whose host is a number.',
    reach: 'string',
    only: ['value', 'cookie', 'part', 'filename'],
    test: /^["'(\s]*(?:url:)?(?:https?|ftps?):\/\/(?!127\.0\.0\.1(?::\d+)?\/?$)\d{1,3}(?:\.\d{1,3}){3}(?=[:/?#]|$)/i,
    finds: 'http://192.0.2.1/a',
    leaves: 'okhttp/4.12.0'
  },
  {
    id: 'remote-script',
    why: 'A URL that ends in a script or a text, as an include wants it.',
    reach: 'string',
    only: ['value', 'cookie', 'part'],
    test: /^(?:https?|ftps?):\/\/\S{1,200}\.(?:(?:phps|inc|txt|sh|bash|ps1|bat|dll|vbs|hta|dat|gif\?{1,4})(?:\?+|[?&]cmd=\S*)?|(?:php\d?|phtml|asp|aspx|jsp|cgi|pl|exe)(?:\?+|[?&]cmd=\S*))$/i,
    finds: 'ftp://203.0.113.9/drop.php?cmd=id',
    leaves: 'http://example.com/'
  },
  {
    id: 'remote-credentials-disguise',
    why: 'A host disguised behind credentials: `http://good.example:x@evil.example/`.',
    reach: 'string',
    only: ['value', 'cookie', 'part', 'path'],
    test: /^(?:url:)?(?:https?|ftps?|file):\/\/(?:[^\s@?#/]{0,64}[.:%][^\s@?#/]{0,64}|[^\s@?#/]{1,64}\/:[^\s@/]{1,64}|[^\s@?#/]{1,64}:\d{1,5}\s*[#?&]\s*&?)@[\w.-]+/i,
    finds: 'http://a.example@b.example/',
    leaves: '@acme/tools'
  },
  {
    id: 'remote-include-parameter',
    why: 'A file included by name through a parameter that scripts use for it.',
    reach: 'string',
    only: ['name'],
    test: /mosconfig_absolute_path|_CONF\[path\]|_SERVER\[DOCUMENT_ROOT\]|GALLERY_BASEDIR|path\[docroot\]|appserv_root|config\[root_dir\]|\binclude\s*\(|\w_root_path|dir_prefix/i,
    finds: 'mosConfig_absolute_path',
    leaves: 'include'
  }
]
