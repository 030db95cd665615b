import type { Rule } from '../rule.js'

/** The operands of a comparison. */
const OPERAND = `(?:\\d{1,6}\\s?[-+*/%]\\s?\\d{1,6}|[\\w.@$%:-]{1,48}(?:\\([^()]{0,32}\\)?)?|'[^']{0,48}'?|"[^"]{0,48}"?|\`[^\`]{0,48}\`?)`
/** A quote: straight, typographic as folded, or the Latin-1 accent. */
const QUOTE = `['"\`\\xb4]`

/** Shapes of SQL that need no name of a function or table: quotes that break out, comparisons, comments, symbols. */
export const SQL_SHAPE_RULES: readonly Rule[] = [
  {
    id: 'sql-tautology',
    why: "`or 1=1`, `and name like 'x'`, `xor 2 <`.",
    reach: 'parameter',
    except: ['string', 'header', 'path'],
    leavesProse: true,
    test: new RegExp(
      `(?:^|[^a-z0-9_])(?<![a-z]{2}\\.)(?:(?:x?or|and|(?<!<\\/?)div|having|where)(?![a-z])|\\|\\|(?!\\s*[\\dx.]+\\s+[<>]=?\\s*\\d+\\.\\d)|&&)(?:[\\s(!+~-]|\\bnot\\b){0,12}${OPERAND}\\s{0,4}(?:(?<![a-z]\\s{0,4})\\))?\\s{0,4}(?:=(?!\\w{20})|<=?(?![a-z/])|(?<!-)>=?|!=|<=>|(?<=[\\s)'"\`\\]])(?:(?:(?:not\\s+)?r?like|r?regexp|glob|similar\\s+to)\\b(?:\\s*(?:[('"\`%@*\\d]|0x|binary\\b|(?:concat|char|lower|upper|unhex)\\()|(?<=[\\d'"\`)]\\s+\\S+)\\s)|is\\s+(?:not\\s+)?null\\b))`,
      'gi'
    ),
    finds: 'or 1=1',
    leaves: 'format'
  },
  {
    id: 'sql-tautology-after-break',
    why: 'The same after a quote or number, in headers and paths, where words are freer.',
    reach: 'parameter',
    except: ['string'],
    test: /(?:['"`)\d]|^\/(?:[\w-]+\/){0,4})\s*\b(?:x?or|and)\b(?!\s[a-z]+'s\s)[\s(!'"`{+~-]{1,12}[\w.@:'"`{}[\],()]{0,40}(?:\s[\w.@:'"`{}[\],()]{0,24}){0,2}\s{0,4}(?:[=<>]|::\s?[a-z]|\blike\b\s*['"(\d%@]|->|\?\s*'|@>)/i,
    finds: '1 OR 1=1--',
    leaves: 'format'
  },
  {
    id: 'sql-tautology-in-string',
    why: "A tautology behind a broken quote, in a string: `' or '1'='1`, `\" or 1=1--`, `1 or 1=1`.",
    reach: 'field',
    test: /['"`)]\s{0,8}(?:\|\||&&|or|and|xor)\s{0,8}\(?\s{0,8}(?:not\s{1,8})?['"`(]?\s{0,8}(\w{1,24})['"`)]{0,2}\s{0,8}(?:=|<|>|like|<=>)\s{0,8}['"`(]?\s{0,8}(?:\1|\d)|^\W{0,4}\d{0,8}\s{0,8}['")]{0,2}\s{1,8}(?:or|and)\s{1,8}(\d{1,8})\s{0,8}=\s{0,8}\2\b|['"]\s{0,8}or\s{0,8}['"]?\w{0,16}['"]?\s{0,8}(?:=|--|#|is\s{1,8}not\s{1,8}null)/i,
    finds: '1 OR 1=1--',
    leaves: 'a || b'
  },
  {
    id: 'sql-quote-break',
    why: 'A quote that ends a string, followed by what only SQL puts there.',
    reach: 'parameter',
    except: ['header', 'path', 'name'],
    test: new RegExp(
      `(?:^|[^\\s=(,\\[{:<>])(?=${QUOTE})(?<!(?:^|[\\s(*_[>/-])["'\`][\\w ,.!?/:+&'#-]{1,48})(?<!(?:^|[\\s(*_[>|-])\`[^\`\\n]{1,80})(?!(?<=\\((["'\`])[^\\s'"\`)][^'"\`\\n]{0,64})\\1\\s?[),])(?!['"]\\s(?:or|and)\\s\\d+(?:['"]|\\s[a-z]{2,}))${QUOTE}\\s{0,4}\\)?\\s{0,4}(?:;|--(?![a-z]{3})|#|/\\*|\\|\\||&&(?! [a-z]{2,} )|\\+|\\*|%|~|@(?!\\w{1,32}["'])|<(?![a-z/])|>(?![a-z<\\s]|=?\\s?\\d+\\.\\d|(?<=="[^"<>]{0,48}">))|[=!](?!\\s*["'][^"']*["']\\s*$)|::|\\b(?!(?:and|or)\\s+['"][^'"=]{1,40}['"][\\s,.;)]+\\w)(?:and|or|xor|union|like|ilike|rlike|regexp|glob|collate|having|is|in|between|not|group|order|limit|procedure|sounds|mod|div|into|where|as|from|select|escape|similar)\\b\\s*(?:[\\d'"\`(@*=<>!~-]|\\w+\\s*(?:[=<>(!~:*]|(?<! )--|--(?! [a-z]{2})|\\b(?:like|is|in|between|not|glob|ilike|escape|or|and|placing|from|to)\\b|\\[|$)))`,
      'i'
    ),
    finds: "x'--",
    leaves: "O'Brien"
  },
  {
    id: 'sql-quote-first',
    why: 'A value that begins by ending a string.',
    reach: 'string',
    except: ['xml', 'header'],
    wholeOnly: true,
    test: /^[^\w\s]{0,6}['"`]\s*(?:;|--|#|\|\||&&|\)|,|\*|=|<|>|!|\+|\b(?:and|or|xor|union|like|as|having|waitfor|alter|select|exec|drop|insert|group|order|where|is|in|between|limit|procedure|into|sounds|similar)\b(?:\W|$)|\/\*)|^['"`]?[\d:;}\]>[)(][\w:.;}\])[(]{0,24}['"`]\s*[=<>]|^['"`][:;>][\w:}]{1,12}$|^['"][\])]|^['"`][\d:;.]{2,24}$/i,
    finds: "'10:20",
    leaves: "O'Brien"
  },
  {
    id: 'sql-comment-end',
    why: 'A comment that cuts off the rest of a query.',
    reach: 'parameter',
    except: ['string', 'header', 'path', 'name', 'cookie'],
    test: /(?<!(?:^|\s)["'][\w ,.!?'&-]{1,64})['"`;](?:\s|\/\*|\*\/|\+)*--(?:[\s+-]|$|\/\*)[^\n]{0,24}$|(?<!^-.{0,160})[)\d=\w](?:\s|\/\*|\*\/|\+)*--(?:[+-]|\s*$|\/\*)|(?:^|[^=])(?<!(?:^|\s)["'][\w ,.!?'&-]{1,64})(?<!\([a-z]{2,24})['"`);]\s*(?:#(?![[!]|##$|\d+['"`]|[\w-]+["'`]|[0-9a-f]{6}\b)|--(?![a-z]{3}|no-|['"`]|\s[a-z]{2,}\s\S))|^['"`)]+\s*(?:--|#)|;\s*--|(?<!^-.{0,160})--\s*[-+;#]?\s*$/,
    finds: "x'--",
    leaves: 'increment() ###'
  },
  {
    id: 'sql-inline-comment',
    why: 'Comments that stand for blanks, and those that MySQL runs.',
    reach: 'parameter',
    except: ['header'],
    test: /\/\*!\d{0,6}\s*\w|\w\/\*[^*]{0,48}\*\/(?![*_.]|\w+[/.])\s*[\w('"]|['"`)]\s*\/\*(?!\*\/\*)|\/\*\*\/(?![*_.]|\w+[/.])|(?:^|[\s/'"])\*?\/\*?\/?\d?\s*(?:union|select|or|and)\b|\bor\s*\/\*/i,
    finds: "admin' /*",
    leaves: './src/*'
  },
  {
    id: 'sql-cast-operator',
    why: 'Casts and JSON operators of PostgreSQL.',
    reach: 'parameter',
    test: /[\w)'"\]]\s{0,8}::\s{0,8}(?:int\d?|integer|bigint|smallint|varchar|bool(?:ean)?|jsonb|numeric|bytea|regclass|oid)\b|[\d)'"\]]\s{0,8}::\s{0,8}(?:json|decimal|float\d?|uuid|inet|text|char|real|double|date|time\w*|name|xml|money)\b(?!-)|['"][}\]]['"]?\s{0,8}(?:@>?|<@?|->>?|#>>?|\?[|&]?|-|::\w+)\s{0,8}(?:['"\d]|array\b)|'\s{0,8}\}?'?\s{0,8}(?:@>|<@|->>?|\?[|&])\s{0,8}(?:'|array)|[}\]]'\s{0,8}(?:\?|@|-|<|>|=|::)/i,
    finds: '1::int',
    leaves: 'WEBVTT\n\n00:01.000 --> 00:04.000\n- Never drink liquid nitrogen.\n'
  },
  {
    id: 'sql-order-group',
    why: 'Ordering and grouping, to count columns.',
    reach: 'parameter',
    except: ['string', 'header'],
    test: /(?:^|['"`)\d\s=])(?:order|group)[\s+/*]{1,8}by\b\s*(?:\d+(?!\s[a-z]{2,}\b(?<!asc|desc|limit|and|or))|[`'"(]|\w{1,32}\s*(?:--|#|,(?!\s[a-z]+\s[a-z]+\s)|\(|asc\b|desc\b|having\s+(?!in\b)|limit\b|%26|&)|$)|\bfrom\b.{1,160}\b(?:limit|where|group\s+by|order\s+by)\b(?:\s*[\d`'"]|\s+\w+[\s`.]*=|\s*$)|\bfrom\s+\w{1,48}\s+(?:limit|where|group\s+by|order\s+by)\s+\w|['"`)\d]\s*(?:order|group)\s+by\s+\w{1,32}$|\blimit\s+\d+\s*(?:,|offset\b)\s*\d|\bprocedure\s+analyse\b|\)\s*having\b/i,
    finds: "1' ORDER BY 10-- -",
    leaves: 'order by phone'
  },
  {
    id: 'sql-alias-from',
    why: 'Aliases that stand before FROM: `` ` AS `x` FROM ``, `) as n from`.',
    reach: 'string',
    test: /[`)'";]\s*as\s+[`'"]?\w{1,48}[`'"]?\s+fr(?:om)?\b|^\W*as\s+\w+\s+from$/i,
    finds: "') as x from",
    leaves: 'Order by Friday!'
  },
  {
    id: 'sql-keyword-alone',
    why: 'A word of SQL as the whole value, with the bracket or blank that it wants next.',
    reach: 'parameter',
    except: ['header', 'path'],
    test: /^(?:\W|\w{1,8}=){0,4}(?:in\s*\(|(?:like|rlike|regexp|glob)(?:\(|\s*(?:null\b|(['"])(?![^'"]*\1,?\s+[a-z])))|values\s*\(|from\s*[`(]|order\s+by$|xor\s+\d|create\s+table\b|(?<!<)div\s+\w+\s*=|having\s+\d+\s*(?:[=<>&|-]|$|and\b|or\b|like\b)|is\s+(?:not\s+)?null$|union\s*[/(]|from\s+\w+\.\s*$)|^[`')]\s*like\s*[`'(]|\)\s*like\s*\(|(?:^|\s)not\s+(?:regexp|like|glob|similar|between|in)\b\s*['"(]|['"`\w]collate[`\s'"]/i,
    finds: 'in (',
    leaves: 'Dublin'
  },
  {
    id: 'sql-comparison-alone',
    why: "A comparison that is the whole value: `11!=1`, `'1'='1`, `2<=>2`.",
    reach: 'string',
    only: ['value', 'part', 'string'],
    test: /^\s*(?:['"`(]{1,3}\w{1,24}['"`)]{0,3}\s*=>?|(?:['"`(]{1,3}\w{1,24}['"`)]{0,3}|\d{1,24})\s*(?:!=|<>|<=>|=>))\s*['"`(]{0,3}\w{1,24}['"`)]{0,3}\s*$|^\s*(\w{1,24})\s*(?:!=|<>|<=>|=)\s*\1\s*$|^\s*(?:<=>|>=|<>|!=|=>)\s*$|\b(\w{1,24})['"`]?\s{0,4}(?:<=>|\s(?:not\s{1,4})?(?:r?like|sounds\s{1,4}like|glob|regexp|similar\s{1,4}to)\s)\s{0,4}['"`]?\2\b|\b\d{1,16}\s{0,4}(?:<=>|\sis\s{1,4}(?:not\s{1,4})?distinct\s{1,4}from\s)\s{0,4}\d|@\w{1,32}\s{1,4}(?:and|x?or|div|like|between)\s{0,4}['"`\d]/i,
    finds: '1=1',
    leaves: 'on = off'
  },
  {
    id: 'sql-logical-operator',
    why: 'Operators of programming languages around a name: `&&(a==`, `||(c===`, `&& x !=`.',
    reach: 'parameter',
    except: ['string'],
    test: /(?:&&|\|\|)(?!\s*[\dx.]+\s+[<>]=?\s*\d+\.\d)\s{0,4}\(?\s{0,4}[\w.'"`]{1,32}\s{0,4}(?:[=!]==?|[<>]=?|=)/,
    finds: 'a && b==c',
    leaves: 'a || b'
  },
  {
    id: 'sql-connective-first',
    why: "`&1`-like connectives at a value's begin: `or 2+`, `/x and (`.",
    reach: 'parameter',
    except: ['xml', 'header'],
    test: /(?:^|[=/\d])\s?(?:and|or)\s{0,4}\(|^\W{0,3}(?:\w{1,8}=)?\W{0,2}(?:or|and)\s{1,8}['"`(]?\w{0,24}['"`)]{0,2}\s{0,8}[=<>(]|^(?:\w{1,8}=)\/[\w-]+\s{1,8}or\s{0,8}$|^(?:\w{1,8}=)?\/\w*_\w*\s{1,8}and\s{0,8}$/i,
    finds: 'or 1=1',
    leaves: 'format'
  },
  {
    id: 'sql-symbols-alone',
    why: 'Nothing but symbols, two or more of those that SQL uses.',
    reach: 'parameter',
    only: ['value', 'part', 'cookie'],
    test: /^(?![./^]|@\/)(?=.*[!'"`;=(#@$%^&*<>])(?!\(?[:;=]-?[)(DPp|/*]\)?$)(?![!?.…]+$)(?![*#-]+$)(?!''$|""$|``$)(?!\{\}$|\[\]$|\(\)$|[-=]>$|<-$)[!-/:-@[-^`{-~]{2,400}$/,
    finds: "';--",
    leaves: 'Dublin'
  },
  {
    id: 'sql-symbol-run',
    why: "Closing symbols that follow a broken string: `#;--()`, `'--`, `;;dd`.",
    reach: 'string',
    except: ['xml', 'header', 'path', 'name', 'cookie'],
    wholeOnly: true,
    test: /^;;|#;\s{0,8}--|['"`]\s{0,8}[=<>!~@]{1,3}\s{0,8}\w{1,24}\s{0,8}(?:--|#|;)|['"`]\w{0,24}\s{0,8}(?:--|#)\s{0,8}$|=\s{0,8}\w{0,3}['"`]?\s{0,8}#\s{0,8}(?:--|\(|$)/,
    finds: "x'--",
    leaves: '#ff8800'
  },
  {
    id: 'sql-escaped-quote',
    why: 'An escaped quote before a connective: `\\\' or 1`, `\\"or"1`.',
    reach: 'string',
    test: /\\['"`]\s*(?:x?or|and|\|\||&&|union|like|having|in|is|div)\s*(?:\d|['"`(]|\w+\s*(?:[=<>(]|like|is)|$)|\\['"`]\s*(?:or|and)['"`\d(]/i,
    finds: "\\' or 1",
    leaves: "it\\'s"
  },
  {
    id: 'sql-magic-number',
    why: 'Numbers at which databases and languages overflow.',
    reach: 'parameter',
    only: ['value', 'part', 'cookie'],
    test: /^\s*-?(?:2147483648|2147483649|429496729[56]|0000012345|0000023456|2\.22507385850720\d{0,4}e-308|1e309)\s*$/i,
    finds: '4294967296',
    leaves: 'a 4294967295'
  },
  {
    id: 'sql-hexadecimal',
    why: 'Long hexadecimal strings, and the escapes that stand for comment signs.',
    reach: 'string',
    except: ['header', 'cookie', 'path', 'name'],
    test: /(?:^|[\s,(=])0x(?:[2-7][0-9a-f]|0[9ad]){8,}(?:[\s,)]|$)|^\\x2[37]|(?:[\s,(=]|^)x'[0-9a-f]{2,}'/i,
    finds: '0x61646d696e61646d696e',
    leaves:
      '# frozen_string_literal: true\n\nclass User < ApplicationRecord\n  scope :old, -> { where("age > ? AND name = \'x\'", 30) }\n  def run = Kernel.system("ls")\nend\n'
  },
  {
    id: 'sql-list-break',
    why: 'A quoted value closed early by a name: `,varname"`, `` `x`;--``.',
    reach: 'string',
    only: ['value', 'part', 'name'],
    test: /^,\s*\w{1,32}\s*["'`]|^[`'"]\s*,\s*\w+|^`(?![a-z]{4,}`)[^`]{1,32}`$/,
    finds: '`id`',
    leaves: '#,##0.00'
  },
  {
    id: 'sql-quote-end-in-string',
    why: "A short string of a message whose quote ends early: `admin'--`, `x' or 1=1#`, `1'; drop …`.",
    reach: 'string',
    wholeOnly: true,
    test: /^[^'"\n]{0,48}['"]\s{0,8}\)?\s{0,8}(?:--\s{0,8}\w{0,8}$|#$|;\s{0,8}--|\/\*|\b(?:or|and)\b\s{0,8}(?:['"](?!\s[a-z]{2,})|\(|\d+\s{0,8}[=<>]|\w{1,24}\s{0,8}(?:=|like\b|is\b)\s{0,8}['"\w(])|\|\|\s{0,8}['"(]|\bunion\b|\bgroup\s{1,8}by\b|\border\s{1,8}by\s{1,8}\d|\bhaving\s{1,8}\d|;\s{0,8}(?:select|drop|insert|update|delete|exec|shutdown)\b)/i,
    finds: "x'--",
    leaves: "O'Brien"
  },
  {
    id: 'sql-fragment',
    why: 'A part of a query as the whole value, or one that no prose has: `a rlike b`, `x is null`, `1 or f(`, `) when 1 then 2`, `having true|`.',
    reach: 'parameter',
    except: ['header', 'path'],
    test: new RegExp(
      [
        '^\\s*\\S{1,32}\\s+(?:(?:not\\s+)?(?:[ri]like|(?:regexp|glob)(?=\\s+[\'"`(\\d]))|xor|is\\s+(?:not\\s+)?null\\W*$)(?:\\s+[\\w\'"`(.%]{1,32})?\\s*$',
        '\\blike\\s*["\'`]%|\\blike\\W*char\\W*\\(|\\blike\\s+\\w+\\s+escape\\b|\\b[ri]like\\s|\\bregexp\\s+binary\\b|\\bnot\\s+between\\s+(?:0|["\'])',
        '\\bcollate\\W+(?:binary|nocase|rtrim|utf8\\w*|latin1\\w*|["\'`])|[<>=!]\\s*all\\s*\\(',
        '^\\s*\\S{1,32}\\s+in\\s*\\(\\s*["\']|^\\s*[\'"`(]{0,3}\\w{1,24}[\'"`)]{0,3}\\s*(?:==|!=|<>|<=>)\\s*[\'"`(]{0,3}\\w{1,24}[\'"`)]{0,3}\\s*$',
        '^\\s*([\'"`])\\w{1,24}\\1\\s*[<>]=?\\s*\\1\\w{1,24}\\1?\\s*$|\\)\\s*when\\s*\\d+\\s*then\\b|\\b(?:char|chr|binary)\\s*\\(\\s*\\d{1,6}\\s*(?:,|$)',
        "\\bhaving\\s+(?:true|false|'[^']{0,32}')\\s*(?:[=<>!|&]|div|mod)|\\bexists\\s+(?:select\\b|system\\s*\\(|having\\b)|\\bexcept\\s+(?:select\\b|values\\s*\\()",
        "\\bgroup\\s+by\\b.{1,100}\\bhaving\\b|\\binner\\s+join\\s+\\S{1,48}(?:\\s+(?:as\\s+)?\\w+)?\\s+on\\b|^inner\\W+join\\b|'(?:dbo|sa|msdasql|sqloledb)'|\\bsys_context\\b|\\boverlay\\s*\\([^)]*\\bplacing\\b",
        '\\d\\s+(?:and|or|xor|like|div)\\s+\\w{1,32}\\(|\\d\\s+(?:div|xor)\\s+\\d+\\s*[-+]|\\d\\s+(?:and|or)\\s+\\d+\\s*[-+]\\s*$|^\\d+\\s*(?:and|or|x?or|div)\\s*[a-z"\'`][+&!@(,]',
        '^(?:admin|root|sa)[\'"`]\\s*$|\\\\x3d|@\\w{1,32}\\s(?:and|or|xor|div|like)\\s*\\(|^\\/\\w+;?\\s+(?:and|or|x?or|div|having|like|between|select)\\s*(?:$|[^\\w\\s])'
      ].join('|'),
      'i'
    ),
    finds: 'name rlike x',
    leaves: 'it looks like "this" and that'
  },
  {
    id: 'sql-number-goes-on',
    why: 'A number that goes on as a query: `1 or 1=1`, `5 and sleep(3)`, `1; drop table x`, `-1 union select …`.',
    reach: 'string',
    test: /^\s*['"]?-?(\d{1,12})['"]?\)?\s*(?:(?:\s(?:or|and|xor)\s|\|\||&&)\s*(?:not\s+)?(?:true|false|null|\1)\b|\s(?:not\s+)?in\s*\(\s*['"\d]|\s(?:not\s+)?between\s+\S+\s+and\s+\S+$)|^\s*-?\d{1,12}\)?\s*(?:(?:\s(?:or|and)\s|\|\||&&)\s*(?:\d{1,12}\s*[=<>]|\(?\s*(?:select|sleep|benchmark|ascii|substr)|'[^']{0,16}'\s*=)|;\s*(?:drop|delete|insert|update|select|exec|waitfor|shutdown)\b|\sunion\s|\sorder\s+by\s+\d+|\s(?:or|and)\s+(?:\d{1,6}\s?[-+*/]\s?\d{1,6}|0x[0-9a-f]+|not\s+\d|[\w@.]{2,48}\s+(?:like|rlike|regexp|between|is\s+(?:not\s+)?null)\b)|\s(?:xor|mod|div|sounds\s+like|rlike|regexp)\s+['"\d(]|\s(?:is\s+(?:not\s+)?null|into\s+@\w+|procedure\s+analyse|limit\s+\d+\s*,\s*\d|for\s+update|collate\s+\w+|like\s+['"\d]|escape\s+'))/i,
    finds: '1 OR 1=1--',
    leaves: '1 or 2 of them'
  },
  {
    id: 'sql-administration',
    why: 'A statement that shows, locks, saves or prepares: `show tables`, `backup database x to disk`, `prepare x from …`.',
    reach: 'parameter',
    test: /^\W{0,4}(?:show\s+(?:tables|databases|schemas|grants|processlist|columns|(?:global\s+)?variables|(?:create\s+)?table)\b(?!\s+of\b)|flush\s+(?:privileges|tables|logs|hosts)\b|lock\s+tables?\s+\w+\s+(?:read|write|in)\b|(?:analyze|optimize|repair|check)\s+table\s+\w|backup\s+(?:database|log)\s+\w+\s+to\b|restore\s+database\s+\w|bulk\s+insert\s+\w+\s+from\b|prepare\s+\w+\s+from\b|signal\s+sqlstate\b|revoke\s+\w[\w, ]{0,48}\s+on\s+\S+\s+from\b|rename\s+table\s+\w+\s+to\b|begin\s+tran(?:saction)?\s*;?$|set\s+@\w+\s*:?=|raiserror\s*\(|match\s*\([\w., `]{1,64}\)\s*against\s*\(|alter\s+\w+\s+(?:character|charset|owner)\b|deallocate\s+prepare\b|dbcc\s+\w+|reconfigure\b)|\bsys\.fn_\w+|\bfn_xe_file\w*|\bvalues\s+row\s*\(|\bcase\s+when\s[^\n]{1,96}\bthen\b|\bcreate\s+(?:function|procedure|trigger|aggregate)\s+\w+\s*(?:\(|as\b|returns\b|before\b|after\b)|[;'"]\s*alter\s+\w+\s+\w+\s+char/i,
    finds: "backup database x to disk='//y/z'",
    leaves: 'Show tables of contents'
  }
]
