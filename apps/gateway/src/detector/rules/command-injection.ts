import type { Rule } from '../rule.js'
import { findInjectedCommand, findLeadingCommand, findLoneCommand, findProgramPath } from './command-line.js'
import { POWERSHELL_COMMAND, POWERSHELL_VERB_NOUN } from './windows-commands.js'

/** Commands: names of programs where a shell would run them. Shell syntax without names is in command-syntax. */
export const COMMAND_RULES: readonly Rule[] = [
  {
    // `; cat /etc/passwd`, `| sh`, `$(id)`, `` `whoami` ``, `& ping -c 1 host`.
    id: 'command-after-separator',
    reach: 'parameter',
    literals: [';', '|', '&', '\n', '\r', '`', '$(', '<(', '>(', '{', 'do ', 'then '],
    test: findInjectedCommand,
    except: ['standard-header', 'name']
  },
  {
    // Whatever program, when an option or a path follows it behind a separator: `; anything -rf /x`.
    id: 'command-unknown-after-separator',
    reach: 'parameter',
    literals: [';', '|', '`', '$('],
    test: /(?:[;|]|&&|\n|`|\$\()\s{0,8}(?:\.{0,2}\/)?[a-z][\w.+-]{1,24}(?:\s{1,4}-{1,2}[a-z][\w-]{0,24}(?:[\s=;|`)]|$)|\s{1,4}~?\/\w[\w./*?-]{1,64}|\s{0,4}\|\s{0,4}(?:ba|da|z|k)?sh\b)/i,
    except: ['header', 'path', 'name']
  },
  {
    // A program with an option as the whole value.
    id: 'command-with-option',
    reach: 'parameter',
    literals: [' -', '\t-'],
    test: /^\s{0,4}["']?(?:\w{1,16}=)?[a-z][\w.]{1,24}(?:-[\w.]{1,16}){0,3}(?:\s[a-z]{2,16})?\s{1,4}(?:--[a-z][a-z-]{1,24}(?:[\s=].{0,200})?|-[a-z]{1,2}\s{1,4}\S.{0,200})$/s,
    except: ['path', 'name']
  },
  {
    // As above in names of parameters, which are often free text when a body is no form.
    id: 'command-after-separator-in-name',
    reach: 'string',
    literals: [';', '|', '`', '$('],
    test: findInjectedCommand,
    origins: ['name']
  },
  {
    // `wget http://…`, `/bin/sh -c`, `time curl host`.
    id: 'command-line',
    reach: 'parameter',
    test: findLeadingCommand,
    except: ['path', 'name']
  },
  {
    // A string of a message that begins with a separator and a command.
    id: 'command-leads-string',
    reach: 'field',
    literals: [';', '|', '&', '`', '$('],
    test: (text) =>
      text.length < 200 && /^\s*["']?\)?\s*(?:[;|]|&&|\$\(|`[^`]{2,64}`$)[\s+]*["']?\(?/.test(text)
        ? findInjectedCommand(text.replace(/\+/g, ' '))
        : -1
  },
  {
    // A command that ends a value of another sort: `8.8.8.8; cat /etc/passwd`.
    id: 'command-chained-in-string',
    reach: 'field',
    literals: [
      '/etc/passwd',
      '/etc/shadow',
      '/bin/sh',
      '/bin/bash',
      '/dev/tcp/',
      '| sh',
      '|sh',
      '| bash',
      '|bash',
      'nc -e',
      '; rm -rf /',
      ';id',
      '; id',
      '|id',
      '| id',
      '`id`',
      '$(id)',
      '$(whoami)',
      '`whoami`',
      ';ls',
      '; ls',
      'whoami'
    ],
    test: /[;|&`\n]\s{0,8}(?:cat|less|more|head|tail|tac|nl)\s{1,8}\/etc\/(?:passwd|shadow|hosts)|\/dev\/tcp\/[\w.]+\/\d|^[^\s;|&]{1,64}\s{0,8}(?:[;|`]|&&|\$\()\s{0,8}(?:cat|id|whoami|uname|ls|nc|wget|curl|ping|sleep|nslookup|rm)\b[\w\s./:-]{0,64}[`)]?;?$|\bnc\s{1,8}-[a-z]{0,8}e[a-z]{0,8}\s|[;|&]\s{0,8}(?:\/bin\/)?(?:ba)?sh\s{1,8}-[ci]\b|\b(?:curl|wget)\s[^|;]{4,128}\|\s{0,8}(?:sudo\s{1,8})?(?:ba)?sh\s{0,8}$/,
    except: ['xml']
  },
  {
    // A user agent that is the name of a program and nothing else.
    id: 'command-lone-in-header',
    reach: 'parameter',
    test: findLoneCommand,
    origins: ['header']
  },
  {
    // A word that is quoted apart so that no filter knows it: `'wh'oami`, `c''at`.
    id: 'command-quoted-apart',
    reach: 'string',
    literals: ["'", '"', '\\'],
    test: findQuotedApart,
    except: ['path']
  },
  {
    // A program by its path.
    id: 'command-program-path',
    reach: 'parameter',
    literals: ['bin/'],
    test: findProgramPath,
    except: ['path', 'name']
  },
  {
    // A script that the shell reads into itself: `; . ./x`.
    id: 'command-dot-source',
    reach: 'parameter',
    literals: ['. '],
    test: /(?:[;|&`]|\$\()\s{0,4}\.\s{1,4}[\w~/$.]/,
    except: ['header', 'path']
  },
  {
    // PowerShell, by its commands, aliases and options.
    id: 'command-powershell',
    reach: 'parameter',
    literals: ['-', 'iex', 'iwr', 'powershell', 'pwsh', '[system.', 'downloadstring', 'new-object'],
    test: (text) => {
      const named = text.search(POWERSHELL_COMMAND)
      if (named >= 0) return named
      const spelled = text.search(POWERSHELL_VERB_NOUN)
      if (spelled >= 0) return spelled
      return text.search(
        /(?:^|[;|&\s(`'"])(?:iex|iwr|irm|icm)\s{0,8}[\s('"$]\s{0,8}[('"$\w]|\b(?:powershell|pwsh)(?:\.exe)?["']?\s+[-/]|\[System\.\w+[.\]]|\.Download(?:String|File|Data)\s*\(|\bNew-Object\b|\s-e(?:nc|ncodedcommand|c)?\s+[A-Za-z0-9+/=]{16,}/i
      )
    }
  },
  {
    // PowerShell that downloads or decodes, in a string.
    id: 'command-powershell-in-string',
    reach: 'field',
    literals: ['powershell', 'downloadstring', 'invoke-expression', 'iex'],
    test: /\bpowershell(?:\.exe)?\s{1,8}[^\n]{0,80}-e(?:nc|ncodedcommand)?\s{1,8}[A-Za-z0-9+/=]{16,}|\b(?:iex|invoke-expression)\s{0,8}\(?\s{0,8}\(?\s{0,8}new-object\b|\.downloadstring\s{0,8}\(\s{0,8}['"]https?:/i
  },
  {
    // cmd.exe with an option.
    id: 'command-cmd-exe',
    reach: 'string',
    wholeOnly: true,
    literals: ['cmd', 'command.com', '%comspec%'],
    test: /\bcmd(?:\.exe|32)?["']?\s*\/[ckrsv]\b|\bcommand\.com\b|%comspec%|\bcmd\.exe\b/i
  },
  {
    // A string of a message that is a command line only an intruder types.
    id: 'command-line-in-string',
    reach: 'string',
    literals: ['/etc/', 'bash -i', '/bin/', 'nc ', 'rm -rf /', 'whoami', 'wget ', 'curl '],
    test: /^["'\s]{0,4}(?:(?:cat|less|more|head|tail|nl|tac|cp|strings)\s+\/(?:etc|proc|root|var\/log)\/|(?:ba|z|k)?sh\s+-i\b|\/(?:usr\/)?bin\/(?:\w{0,3}sh|cat|nc|id|ls|wget|curl|perl|python\d?)\b(?:\s+-|\s+\/|$)|nc(?:at)?\s+(?:-[a-z]+\s+)*[\w.]+\s+\d{2,5}(?:\s+-e|\s*$)|rm\s+-rf\s+\/(?:\s|\*|$)|whoami$|(?:wget|curl)\s[^|;&]{4,128}(?:[|;]\s*(?:ba)?sh|&&\s*(?:chmod|sh|bash)|-O\s*\/tmp))/
  }
]

const APART = /(?:^|[;|&\s`(])((?:[a-z/]+(?:''|""|\\(?=[a-z]))[a-z/'"\\]*|["'][a-z]{1,8}["'][a-z]{1,12})(?=[\s;|&`)]|$))/g

function findQuotedApart(text: string): number {
  APART.lastIndex = 0
  for (let match = APART.exec(text); match !== null; match = APART.exec(text)) {
    const word = (match[1] ?? '').replace(/['"\\]/g, '')
    if (findLoneCommand(word) === 0) return match.index
  }
  return -1
}
