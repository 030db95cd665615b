import type { Rule } from '../../rule.js'

/** A program and its arguments, by words that neither prose nor the scripts of a project hold. */
const TOLD = [
  'net1?(?:\\.exe)?\\s+(?:user|localgroup|group|share|use|view|accounts|session)(?:\\s*$|\\s*[&|;]|\\s+\\\\\\\\|(?:\\s+\\S+){0,4}\\s+\\/\\w)',
  'reg(?:\\.exe)?\\s+(?:query|add|delete|export|save|import)\\s+["\']?(?:\\\\\\\\|hk)',
  'sc(?:\\.exe)?\\s+(?:query|qc|create|config|stop|start|delete)(?:\\s|$)',
  'wmic\\s+[\\w/:]+\\s+(?:list|get|call|where|create|delete)\\b',
  'vssadmin\\s+(?:delete|list|create)\\s',
  'wevtutil\\s+(?:cl|qe|el|sl)\\b',
  'netsh\\s+(?:advfirewall|firewall|interface|int|wlan|winhttp)\\s',
  '(?:bcdedit|schtasks|nltest|bitsadmin|regsvr32|cmdkey|msiexec)(?:\\.exe)?\\s+\\/\\w',
  'dsquery\\s+(?:user|computer|group|\\*)',
  'query\\s+(?:user|session)\\s*$',
  'icacls\\s+\\S+\\s+\\/\\w',
  'attrib\\s+[+-][hsra]\\b',
  'certutil(?:\\.exe)?\\s+-\\w',
  'mshta\\s+(?:https?:|javascript:|vbscript:)',
  'rundll32(?:\\.exe)?\\s+\\S+[,.]',
  '(?:taskkill|tasklist|whoami|ipconfig|systeminfo)(?:\\.exe)?\\s+\\/\\w+',
  '(?:dir|type|del|rmdir|rd|copy|xcopy|move|mkdir|md|cd)\\s+(?:\\/[a-z]\\s+){0,3}["\']?[a-z]:\\\\',
  '[cw]script(?:\\.exe)?\\s+(?:\\/\\/?\\w+\\s+)?\\S+\\.(?:vbs|js|wsf)\\b',
  'ip\\s+(?:a|addr|address|link|route|neigh)(?:\\s+(?:show|list)\\b|\\s*$|\\s*[;|&])',
  'ps\\s+(?:aux\\w*|ax\\w*|-[ef]{1,2})(?:\\s*$|\\s*[|;&])',
  '(?:ifconfig|iwconfig)\\s+(?:-a|\\w{2,8}\\d)\\s*$',
  '(?:netstat|ss)\\s+-[a-z]{2,6}\\b',
  'ping\\s+-[cnwtl]\\s*\\d+\\s+\\S',
  '(?:nslookup|traceroute|tracert|dig|whois)\\s+(?:-\\w+\\s+)?(?:\\d{1,3}\\.\\d{1,3}\\.\\d|(?:[\\w-]+\\.)+[a-z]{2,})(?:\\s|$)',
  'arp\\s+-a\\b',
  'route\\s+(?:-n|print)\\b',
  'su\\s+(?:-\\s*|root\\b|-\\s*root\\b)\\s*$',
  'sudo\\s+(?:-[lis]\\s*$|su\\b|-u\\s+\\w+\\s+\\S)',
  '(?:passwd|visudo)\\s+(?:root\\b|-[dlu]\\s)',
  'getent\\s+(?:passwd|shadow|group|hosts)\\b',
  '(?:useradd|userdel|usermod|groupadd|chpasswd)\\s+-?\\w',
  '(?:service\\s+[\\w-]+\\s+(?:stop|restart|status)|systemctl\\s+(?:stop|disable|mask)\\s+\\w)',
  '(?:killall|pkill)\\s+(?:-\\w+\\s+)?\\w+\\s*$',
  'kill\\s+-(?:9|kill|sigkill)\\s+-?\\d',
  'ssh\\s+(?:-\\w+\\s+\\S+\\s+)?[\\w.-]+@(?:\\d{1,3}\\.\\d{1,3}\\.|localhost)',
  'scp\\s+\\/\\w+\\/\\S+\\s+\\S+:',
  '(?:telnet|nc|ncat|netcat|tftp)\\s+(?:-\\w+\\s+){0,3}\\d{1,3}(?:\\.\\d{1,3}){3}\\b',
  'socat\\s+\\S*(?:tcp|exec|udp|openssl)[\\w-]*:',
  'smbclient\\s+(?:-\\w+\\s+)?\\/\\/',
  'openssl\\s+s_client\\s',
  '(?:uname|hostname|lsb_release)\\s+-[ariIs]\\s*$',
  '(?:dmesg|last|lastlog|history)\\s*\\|\\s*(?:tail|head|grep|less)\\b',
  'crontab\\s+-[lre]\\s*$',
  'chmod\\s+(?:-R\\s+)?(?:[0-7]{3,4}|[ugoa]*[+-][rwxst]+)\\s+\\/(?:tmp|etc|var|bin|dev)\\/',
  'chown\\s+(?:-R\\s+)?root(?::\\w*)?\\s+\\S',
  '(?:touch|mkdir|rm|ls|tee)\\s+(?:-\\w+\\s+)*\\/(?:tmp|dev|root|etc)\\/\\S',
  'rm\\s+-[rf]{1,2}\\s+(?:\\*|~|\\/)',
  'mount\\s+(?:-\\w+\\s+\\S+\\s+)?\\/dev\\/',
  '(?:tcpdump|tshark)\\s+-\\w\\s+(?:any|eth|\\w+\\d)',
  '(?:comm|diff|csplit|uuencode|xxd|od|hexdump|rev|nl|fold|fmt|paste|cut|sort|uniq|strings|base64|iconv|split|join|pr|hd|shuf|dd|cp|mv|tac)\\s[^|;&]{0,24}\\/etc\\/(?:passwd|shadow|hosts|group)',
  '(?:bash|sh|ksh|zsh|dash|csh|tcsh|fish)\\s+-(?:p|i|c\\s+["\']?(?:id|ls|whoami|cat|curl|wget|nc|uname|sleep|ping|rm|chmod|echo\\s+\\S+\\s*\\|))\\b',
  '(?:nohup|timeout\\s+\\d+|setsid|nice(?:\\s+-n\\s*\\d+)?|ionice\\s+-\\w+|stdbuf\\s+-\\w+|busybox|chroot\\s+\\/|unshare\\s+-r|flock\\s+-u\\s+\\/|nsenter\\s+-t\\s+\\d+)\\s+(?:\\/bin\\/)?(?:id|sh|bash|nc|ncat|whoami|wget|curl|telnet)(?:\\s|$)'
].join('|')

/** Commands as intruders type them, wherever a value or a string of a message begins or a shell would begin to read. */
export const INTRUSION_RULES: readonly Rule[] = [
  {
    id: 'command-intrusion',
    why: 'A command of a reconnaissance or a take-over: `net user`, `ping -c 3 …`, `reg query HKLM`, `ps aux`, `su root`.',
    reach: 'string',
    except: ['path', 'xml'],
    test: new RegExp(`(?:^|[;|&\`(]|\\n)[\\s"'(]{0,4}(?:\\w{1,16}=["']?)?(?:${TOLD})`, 'i'),
    finds: 'net user kim /add',
    leaves: 'net user growth'
  },
  {
    id: 'command-interpreter-line',
    why: 'A line of a scripting language, handed to its interpreter, that reaches for a shell or a socket.',
    reach: 'string',
    test: /\b(?:python[\d.]*|perl|ruby|php\d?|lua|node|nodejs)\s+(?:-\w+\s+){0,3}-\w{0,8}[ecr]\w{0,2}(?!\w)\s*(?!\s)[^\n]{0,160}?(?:\bsystem\b|\bexec\w*\b|\bpopen\b|\bsocket\b|\bpty\b|subprocess|fsockopen|child_process|\/bin\/|\bfork\b|spawn)|\bawk\s[^\n]{0,24}\bBEGIN\s{0,4}\{\s{0,4}(?:system|while)\b/i,
    finds: 'python3 -c "import pty;pty.spawn(\'/bin/bash\')"',
    leaves: 'node -e "console.log(1)"'
  },
  {
    id: 'command-shell-escape',
    why: 'Options by which a harmless program runs another one, as lists of such ways out of a restricted shell name them.',
    reach: 'string',
    test: /\bfind\s[^\n|;]{0,64}-exec(?:dir)?\s+(?:\/(?:usr\/)?bin\/)?(?:sh|bash|id|whoami|cat|ls|nc|curl|wget)\b|--checkpoint-action[= ]exec|\b(?:vi|vim|ex|view|less|man)\b[^\n]{0,32}['"]?:(?:!|py)|\bzip\s[^\n]{0,64}\s-TT?\s+['"]|\bgdb\s[^\n]{0,32}-ex\s+['"]?!|\bemacs\s[^\n]{0,24}--eval|proxycommand=|--use-askpass=|--rsh=['"]?(?:\/bin\/)?(?:ba)?sh|base64\s+(?:-d|-D|--decode)\b[^\n|]{0,16}\|\s{0,4}(?:\/bin\/)?(?:ba|z|k|da)?sh\b/i,
    finds: 'find . -exec id \\; -quit',
    leaves: 'find . -name "*.ts" -exec prettier --write {} +'
  },
  {
    id: 'command-shell-statement',
    why: 'A whole statement of the shell: `if true;then id;fi`, `for i in 1 2;do ls;done`, `a=l;b=s;$a$b`.',
    reach: 'string',
    except: ['path', 'xml'],
    wholeOnly: true,
    test: /;\s{0,4}then\s[^\n]{1,96};\s{0,4}fi\b|\b(?:while|until|for)\b[^\n;]{1,64};\s{0,4}do\s(?:\s{0,4}(?!node\b|npm\b|npx\b)[a-z./$(][^\n]{0,96});\s{0,4}done\b|\bcase\s+\S{1,32}\s+in\s[^\n]{1,96}\besac\b|(?:^|[;&|])\s{0,4}[a-z_]\w{0,15}=[^\s;&|$]{1,24}[;&|]{1,2}\s{0,4}(?:[a-z_]\w{0,15}=[^\s;&|$]{1,24}[;&|]{1,2}\s{0,4}){0,4}\$\{?[a-z_]|^\s{0,4}trap\s+['"][^'"]{1,64}['"]\s+(?:exit|debug|err|int|term|0)\b/i,
    finds: 'if true;then id;fi',
    leaves: 'if so; then fine; fiddle'
  },
  {
    id: 'command-sliced-variable',
    why: 'A letter cut out of a variable of the shell: `${PATH:0:1}`, `%COMSPEC:~0,1%`.',
    reach: 'string',
    test: /\$\{(?:PATH|HOME|PWD|SHELL|OLDPWD|USER|BASH\w{0,16}):\s{0,2}-?\d|%\w{2,24}:~-?\d/i,
    finds: '${PATH:0:1}bin${PATH:0:1}ls',
    leaves: '${name:0:1}'
  }
]
