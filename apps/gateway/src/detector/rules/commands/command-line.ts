import { COMMANDS, RUNNERS, WORD_COMMANDS } from './unix-commands.js'
import { WINDOWS_COMMANDS } from './windows-commands.js'

/** One place where a shell would begin to read a command: after a separator, or where a substitution opens. */
const COMMAND_START =
  /(?:[;|&\n\r`]|\$\(|<\(|>\(|\{,?|\bdo\b|\bthen\b)[\s(!@]{0,16}(?:\w{1,32}=\S{0,64}\s+){0,2}["']{0,2}((?:[~.]{0,3}(?:\w[\w.-]{0,24})?\/{1,24}(?!\/)){0,7})(\w[\w.+-]{0,40})["']{0,2}/g

const VALUE_START =
  /^\s{0,8}["'`(]{0,2}\s{0,4}(?:\w{1,24}=(?:\S{0,32}\s+)?["']?)?((?:[~.]{0,3}(?:\w[\w.-]{0,24})?\/{1,24}(?!\/)){0,7})(\w[\w.+-]{0,40})["']{0,2}(?=[\s;|&<>`)]|$)/

/** Without versions and extensions: `python3.10` is `python`, `cmd.exe` is `cmd`. */
function baseName(word: string): string {
  const lower = word.toLowerCase().replace(/\.exe$/, '')
  if (COMMANDS.has(lower) || WORD_COMMANDS.has(lower)) return lower
  return lower.replace(/[-.\d]+$/, '')
}

/** Tools whose programs share a first part; new ones come with each release. */
const TOOLS =
  'ansible|apt|chef|consul|crowdsec|dpkg|firewall|flatpak|gpg|kube|mariadb|mongo|mysql|nginx|openssl|podman|redis|rpm|rust|snap|ssh|systemd|terraform|vault'
/** The same, and tools whose names begin ordinary words, too, as in `go-to`. */
const FAMILIES = `${TOOLS}|docker|git|pg|php|perl|python|ruby|update|apache2?|npm|cargo|go|az|aws|gcloud`
const FAMILY = new RegExp(`^(?:${FAMILIES})-[a-z][a-z\\d-]{1,24}$`)

/** The first words of values that are command lines. */
export const LEADING_WORDS: readonly string[] = [
  ...COMMANDS,
  ...WORD_COMMANDS,
  ...RUNNERS,
  ...WINDOWS_COMMANDS,
  ...FAMILIES.replace('2?', '').split('|')
]

function isUnixCommand(name: string): boolean {
  return COMMANDS.has(name) || FAMILY.test(name)
}

/** Whether a name with a dash is telling with nothing behind it, as `chef-client` is and `php-fpm` is not. */
function isDashedCommand(name: string): boolean {
  return COMMANDS.has(name) || WINDOWS_COMMANDS.has(name) || /^(?:ansible|chef)-[a-z]/.test(name)
}

function isCommand(name: string): boolean {
  return isUnixCommand(name) || WINDOWS_COMMANDS.has(name)
}

/** Whether a name of a Windows program is long enough, and not a word, to be recognized without its options. */
function isDistinctWindowsCommand(name: string): boolean {
  return name.length >= 6 && WINDOWS_COMMANDS.has(name) && !WINDOWS_WORDS.has(name)
}

const WINDOWS_WORDS: ReadonlySet<string> = new Set(
  'append change choice cipher compact control convert expand explorer finger format remote hostname psr putty recover replace reset squirrel subst tracker update verify verifier excel winword prompt'.split(
    ' '
  )
)

/** An argument that no prose holds: an option, a path, an address, a redirection, a pipe. */
const STRONG_ARGUMENT =
  /^["']?\s*(?:<(?!=|\/\w{1,16}>)|>(?!=)|\||\s-{1,2}\w|\s+(?:["'\\]?[~.]{0,2}\/(?:[\w.*?$]|\s(?![A-Za-z]{2})|$)|\/[a-z](?:\s|:|$)|[a-z]:\\|\$\w|https?:|ftp:|-$|\d{1,3}(?:\.\d{1,3}){3}|%\w+%|\*|\.(?:\s|$)|\w+=|\w[\w.-]*\/[\w.]|[\w-]{1,32}\.(?:txt|sh|py|pl|php|conf|log|exe|bat|ps1|c|gz|zip|tar|com|net|org|io|ini|cfg|key|pem|db|sql|jar|yml|yaml|json|xml|html?|bak|old)\b))/i
/** The end of a command. */
const COMMAND_END = /^["']?\s*(?:[;|&`)}\r\n>]|$)/
/** An argument of any sort. */
const ARGUMENT = /^["']?\s+\S/

/** A command after a separator or inside a substitution, wherever in the value. */
export function findInjectedCommand(text: string): number {
  COMMAND_START.lastIndex = 0
  // One word after a separator may be chance; two are a script, and so is one after a value that began as a command.
  let weak = findFirstWord(text) ? 1 : 0
  for (let match = COMMAND_START.exec(text); match !== null; match = COMMAND_START.exec(text)) {
    if (isProse(text, match.index, match[2] ?? '')) {
      COMMAND_START.lastIndex = match.index + match[0].length
      continue
    }
    COMMAND_START.lastIndex = match.index + Math.max(1, match[0].length - (match[2]?.length ?? 0))
    const name = baseName(match[2] ?? '')
    const isKnown = isCommand(name)
    if (!isKnown && !WORD_COMMANDS.has(name) && !RUNNERS.has(name)) continue
    const rest = text.slice(match.index + match[0].length, match.index + match[0].length + 96)
    // `;top` is a command, `more; less` may be prose.
    const close =
      match.index === 0 || !/\s/.test(match[0]) || (text.startsWith('&', match.index - 1) && /\d\s?&$/.test(text.slice(0, match.index)))
    if (match.index === 0 && isKnown && /^\s*[;|`]/.test(text) && ARGUMENT.test(rest)) return 0
    if (isKnown && /[;|`]/.test(match[0]) && ARGUMENT.test(rest)) weak += 1
    if (weak > 1) return match.index
    if (readsAsCommand(match[1] ?? '', match[2] ?? '', rest, close) && !isElement(text, match.index, match[2] ?? '')) return match.index
  }
  return -1
}

/** Whether prose goes on: a word in backquotes behind other words, a name behind an ampersand with blanks around it, a template's `{{name}}`. */
function isProse(text: string, at: number, word: string): boolean {
  if (text.startsWith('{{', at - 1)) return /^\{\{\s?['"]?[\w.]{1,32}['"]?\s?(?:\|\s?\w{1,32}\s?)?\}\}/.test(text.slice(at - 1))
  if (text[at] === '`')
    return /(?:[a-z]{2}[,.:]?|[-*|(,:]) $|[(*[]$/i.test(text.slice(Math.max(0, at - 5), at)) || opensCodeSpan(text, at, word)
  if (text[at] === '{' && text[at + 1 + word.length] === '}') return text.length > word.length + 2
  if (/^&(?:copy|reg);/.test(text.slice(at, at + 6))) return true
  if (text[at] !== '&' || text[at + 1] !== ' ' || text[at - 1] !== ' ') return false
  return (
    /^[A-Z]\w*[a-z]/.test(word) ||
    (/^(?:\s[a-z]{2,}|[.,]?$)/i.test(text.slice(at + 2 + word.length)) && /(?:^|\s)[a-z]{2,} \w+ $/i.test(text.slice(0, at)))
  )
}

/** Whether a word in backquotes is Markdown: a value that is not the word alone, and no program's name. */
function opensCodeSpan(text: string, at: number, word: string): boolean {
  return text[at + 1 + word.length] === '`' && text.length > word.length + 2 && !COMMANDS.has(word.toLowerCase())
}

/** Whether `word` is an element's name and no program's: the semicolon before it ends an encoded `<`, as in `&lt;script>`. */
function isElement(text: string, at: number, word: string): boolean {
  if (text[at] !== ';' || !WORD_COMMANDS.has(word.toLowerCase())) return false
  return /&(?:lt|amp|nbsp|gt|quot|#0{0,4}60|#x0{0,4}3c)$/i.test(text.slice(Math.max(0, at - 12), at))
}

/** Whether the value begins with the name of a program, and goes on. */
function findFirstWord(text: string): boolean {
  const match = /^\s{0,4}([a-z][\w.-]{0,24})\s+\S/.exec(text)
  return match !== null && COMMANDS.has(match[1] ?? '')
}

/** A value that is itself a command line. */
export function findLeadingCommand(text: string): number {
  const match = VALUE_START.exec(text)
  if (match === null) return -1
  const rest = text.slice(match[0].length, match[0].length + 96)
  const path = match[1] ?? ''
  const name = baseName(match[2] ?? '')
  // An address such as `git+https://…` reads so where a plus is a blank.
  if (name === 'git' && /^\s+(?:https?|ssh|file):/.test(rest)) return -1
  if (/^[A-Z][a-z]+$/.test(match[2] ?? '') && /^\s+--[\w-]+(?:=\S+)?\s+[a-z]{2,16}\b/.test(rest)) return -1
  if (!NOTORIOUS.has(name) && !/^(?:ansible|chef)-/.test(name) && (SLASHED.test(rest) || WORDS.test(rest))) return -1
  if (PROSE.test(rest) || (WORD_COMMANDS.has(name) && /^[A-Z]?[a-z]+$/.test(match[2] ?? '') && !READERS.has(name) && A_FILE.test(rest)))
    return -1
  if (/^\/?(?:usr\/|local\/|s?bin\/){1,3}$/.test(path) && (isCommand(name) || WORD_COMMANDS.has(name))) return 0
  if (RUNNERS.has(name)) {
    const run = /^["']?[\s;]+(?:-\w+\s+(?:[\d.]+\s+)?|\w+=\S*\s+)*["']?(?:\/?(?:usr\/|s?bin\/){0,3})(\w[\w.+-]{0,40})/.exec(rest)
    const run1 = run === null ? '' : baseName(run[1] ?? '')
    const after = run === null ? '' : rest.slice(run[0].length)
    if (COMMANDS.has(run1) && !AMBIGUOUS.has(run1)) return 0
    if ((COMMANDS.has(run1) || WORD_COMMANDS.has(run1)) && (COMMAND_END.test(after) || STRONG_ARGUMENT.test(after))) return 0
  }
  if (!isCommand(name) && !(WORD_COMMANDS.has(name) && STRONG_ARGUMENT.test(rest))) return -1
  if (path === '' && !/-/.test(name) && /^\/[\d.]/.test(rest)) return -1
  return STRONG_ARGUMENT.test(rest) ||
    (name.includes('-') && isDashedCommand(name)) ||
    ((isUnmistakable(name, match[2] ?? '') || (COMMANDS.has(name) && /[a-z]\d+\.\d/.test(match[2] ?? ''))) &&
      ARGUMENT.test(rest) &&
      !ABOUT.test(rest))
    ? 0
    : -1
}

/** Names of commands that prose holds as words or names too. */
const AMBIGUOUS: ReadonlySet<string> = new Set(
  'as at find go node java ruby python perl less last look mail make more id ip pg red pic joe eb cancel crash column dialog diff fish finger genie hash git puppet snap spawn socket view wall wish yelp users groups arch export source alpine column mount jobs kill echo start go host test w3m ping dash ash lua apt pip ed ex rev sar pr cd df ps tr ul tex knife vagrant docker composer gem go octave yarn helm aws az basic'.split(
    ' '
  )
)

/** Words of prose alone: `curl up with a good book`, `base64 encoding/decoding in pure JS`. */
const PROSE = /^(?:\s+(?:[a-z']{1,16}(?:\/[a-z]{3,16})?|-(?=\s))){3,12}(?:\s\d{1,4})?[.!?]?$/i
/** The same behind two words that a slash joins, or a file: `file creation/deletion notification`, `read package.json for npm`. */
const SLASHED =
  /^\s+(?:(?!(?:bin|etc|usr|tmp|var|proc|dev|home|root|opt|lib|sys)\/)(?:[A-Za-z]+|\d{1,3})(?:\/[A-Za-z+]+|\/\d{1,3}){1,4}(?:,?\s+\(?[A-Za-z][a-z]|\.?\s[A-Z]|$)|[\w-]+\.\w{2,4}\s+[a-z]{2,16}\s+[a-z])/
/** Three words of prose or more, whatever follows. */
const WORDS = /^(?:-[a-z]{3,16})?(?:\s+[("']?[A-Za-z][a-z'-]{0,16}[)"',.;:]{0,2}){2,}(?:\s|$)/
/** A file that prose names too: `update package.json`. */
const A_FILE = /^\s+[\w./-]+\.[a-z]{1,4}$/i
const READERS: ReadonlySet<string> = new Set('more less tail sort split strings view look touch patch run start source'.split(' '))

/** Words that people look up together with a program. */
const ABOUT =
  /^["']?\s+(?:(?:alternatives?|commands?|config\w*|documentation|error|examples?|explained|guide|help|install\w*|manual|options?|support|tutorial|usage|version|vs\.?|wrapper|client|server|library|module|plugin|files?|format)\b|for\b|in\b|to\b|and\b|or\b|with\b|is\b|\()/i

/** Programs that people write about: a word behind their names shows no command line. */
const TOPICS: ReadonlySet<string> = new Set(
  'git vim emacs nano gzip bzip2 base64 base32 base58 rsync jq ssh docker kubectl node nodejs npm npx pip pip3 python python2 python3 perl ruby php java javac mysql psql mongo mongosh redis-cli openssl gpg awk sed grep tar zip unzip ksh tmux gcc clang cmake latex iptables tcpdump wireshark cargo rustc terraform helm minikube podman ansible gradle deno pnpm tsc octave lua scp sftp ftp dpkg yum dnf rpm apk lz4 lzma gimp sqlite3 composer pandoc conda bundler mypy gunicorn uvicorn ffmpeg markdown neofetch nginx docker-compose memcached mongod httpie fzf pypy jython racket ocaml guile m4 procmail pyenv pipenv julia cassandra nomad consul alpine ipython sbcl arch rustup rustfmt pyright pygmentize hashcat httpd rtorrent restic gnuplot mutt samba tex gdb lldb parallel links bash cat exec echo rake rename jar strip bundle zstd xterm zsh svn uptime whois sqlite users users groups fish host finger wish genie ranger parted screen cowsay hydra john scapy shred nice poweroff reboot umask tidy stat'.split(
    ' '
  )
)

/** Commands after which any argument makes a command line, in upper or lower case. */
const NOTORIOUS: ReadonlySet<string> = new Set(
  'wget curl chmod chown nslookup ifconfig netstat whoami bsdtar gunzip zstdcat tftp ncat nmap socat telnet mkfifo crontab systemctl sudo useradd apt-get certutil bitsadmin powershell pwsh rundll32 regsvr32 mshta wmic schtasks cscli busybox'.split(
    ' '
  )
)
const TOOL = new RegExp(`^(?:${TOOLS})-[a-z][a-z\\d-]{1,24}$`)

/** Whether any argument makes a command line of a name, as `typed`: lower-case ones but for the notorious. */
function isUnmistakable(name: string, typed: string): boolean {
  if (NOTORIOUS.has(name)) return !/^[A-Z][a-z]+$/.test(typed)
  if (/[A-Z]/.test(typed)) return false
  return TOOL.test(name) || (COMMANDS.has(name) && name.length > 2 && !AMBIGUOUS.has(name) && !TOPICS.has(name))
}

/** All of them, for a pattern that has a match wherever the function finds something. */
const UNMISTAKABLE: readonly string[] = [...NOTORIOUS, ...[...COMMANDS].filter((name) => isUnmistakable(name, name))]

function readsAsCommand(path: string, word: string, rest: string, close: boolean): boolean {
  const name = baseName(word)
  if (/(?:^|\/)(?:s?bin|local|etc|opt)\/$/.test(path) && (isCommand(name) || WORD_COMMANDS.has(name))) return true
  if (path !== '' && !/^(?:\.{0,2}\/|~\/)/.test(path)) return false
  if ((isUnixCommand(name) && !AMBIGUOUS.has(name)) || isDistinctWindowsCommand(name))
    return COMMAND_END.test(rest) || ARGUMENT.test(rest) || /^[<>$'"{%\\(]/.test(rest)
  if (RUNNERS.has(name)) {
    const run = /^\s+["']?(\w[\w.+-]{0,40})/.exec(rest)
    if (run !== null && isCommand(baseName(run[1] ?? ''))) return true
  }
  if (!isCommand(name) && !WORD_COMMANDS.has(name)) return false
  return STRONG_ARGUMENT.test(rest) || (close && COMMAND_END.test(rest)) || (name === 'sleep' && /^\s+\d/.test(rest))
}

/** Paths before the name of a program. */
const A_PATH = '(?:[~.]{0,3}(?:\\w[\\w.-]{0,24})?\\/{1,24}(?!\\/)){0,7}'
const ANY_FAMILY = `(?:${FAMILIES})-`
/** The suffix that `baseName` takes away. */
const VERSION = '[-.\\d]*(?:\\.exe)?'
const DASHED = ['ansible-', 'chef-', ...LEADING_WORDS.filter((word) => word.includes('-'))]

/** Has a match wherever {@link findInjectedCommand} finds something. */
export const INJECTED_SIGN = new RegExp(
  `(?:[;|&\\n\\r\`]|[$<>]\\(|\\{,?|\\bdo\\b|\\bthen\\b)[\\s(!@]{0,16}(?:\\w{1,32}=\\S{0,64}\\s+){0,2}["']{0,2}${A_PATH}(?:${oneOf(LEADING_WORDS)}(?![a-z=])|${ANY_FAMILY})|(?:bin|local|etc|opt)\\/\\w`,
  'i'
)
/** The same of {@link findLeadingCommand}. */
export const LEADING_SIGN = new RegExp(
  `^\\s{0,8}["'\`(]{0,2}\\s{0,4}(?:\\w{1,24}=(?:\\S{0,32}\\s+)?["']?)?(?:\\/?(?:usr|local|s?bin)\\/|${A_PATH}(?:(?:${oneOf(LEADING_WORDS)}|${ANY_FAMILY})(?:[\\w.+-]{0,40}["']{0,2}${STRONG_ARGUMENT.source.slice(1)}|\\d+\\.\\d)|(?:${oneOf(UNMISTAKABLE)}|${ANY_FAMILY}[\\w.+-]{1,40})${VERSION}["']{0,3}\\s|${oneOf(DASHED)}|${oneOf(RUNNERS)}${VERSION}["']{0,3}[\\s;]))`,
  'i'
)

/** Programs that the scripts and settings of a project call, so that a string of a message may begin with them. */
const OF_PROJECTS: ReadonlySet<string> = new Set(
  'npm npx node nodejs yarn pnpm git docker docker-compose tsc deno bun cargo rustc rustup rustfmt go gofmt make gmake cmake gcc cc clang python python2 python3 pip pip3 pipenv ruby gem bundle bundler rake php composer java javac jar gradle sh bash zsh dash cp mv rm mkdir rmdir cat echo cd ls touch chmod find grep egrep sed awk gawk tar zip unzip gzip curl wget jq env export source exec eval test printf tee xargs kill killall pkill sleep time date head tail sort uniq wc cut tr diff cmp ln cpio rsync ssh scp sftp kubectl helm terraform ansible ansible-playbook aws gcloud az minikube podman systemctl service apt apt-get yum dnf apk dpkg rpm openssl psql mysql sqlite3 redis-cli mongo mongod mongosh gpg base64 md5sum sha256sum shasum nginx pm2 gunicorn uvicorn uwsgi django-admin ts-node nohup sudo gosu less more vim vi nano emacs ps pandoc latex pdflatex xelatex conda mypy pyright pygmentize id uname hostname whoami nproc df readlink realpath scalac kotlinc ocaml dotnet lein julia octave lua perl pg_dump pg_restore mysqldump xvfb-run timeout jison as ar ld nm strip parallel cross-env column bc expr seq tput stty clear watch open convert patch read set type up run start build check install update mount ping nc cpan ex ed pr as flow rev users groups rustdoc redis-server nix chown logger crontab httpd memcached swiftc magick nerdctl gdb lldb valgrind strace setsid nice ionice stdbuf unbuffer'.split(
    ' '
  )
)

/** A string of a message that is a command line of a program that projects do not call. */
export function findRareCommand(text: string): number {
  const name = baseName(VALUE_START.exec(text)?.[2] ?? '')
  return OF_PROJECTS.has(name) || WORD_COMMANDS.has(name) ? -1 : findLeadingCommand(text)
}

/** Programs that name themselves in User-Agent. */
const CLIENTS: ReadonlySet<string> = new Set('node java ruby php perl python go curl wget git lynx w3m axel aria2c docker mutt'.split(' '))

/** Names that headers hold as words. */
const WORDS_OF_HEADERS: ReadonlySet<string> = new Set('links env cmd type socket gunzip gzip eval exec shell docker'.split(' '))

/** A value that is nothing but a command, where that can't be a name or a word: user agents, values behind quotes. */
export function findLoneCommand(text: string): number {
  const match = /^\s*(?:\w{1,16}=)?["'`]{0,2}(?:\/?(?:usr\/|s?bin\/){1,3})?([a-z][\w-]{1,24})["'`]{0,2}\s*$/.exec(text)
  if (match === null) return -1
  const name = match[1] ?? ''
  if (CLIENTS.has(name)) return -1
  if (AMBIGUOUS.has(name) || WINDOWS_WORDS.has(name) || WORDS_OF_HEADERS.has(name)) return -1
  return (COMMANDS.has(name) || isDashedCommand(name)) && name.length > 1 ? 0 : -1
}

function oneOf(words: Iterable<string>): string {
  return `(?:${[...words].map((word) => word.replace(/\W/g, '\\$&')).join('|')})`
}
