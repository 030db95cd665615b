import { isNamedCall } from '../prose.js'
import { CALL_SIGN, type Rule } from '../rule.js'
import { SQL_DISTINCT_FUNCTIONS, SQL_WORD_FUNCTIONS } from './sql-functions.js'

const CALL = /([a-z_][\w.]{0,40})[?>=$\\).\]/]{0,3}\s{0,3}(?:\/\*[^*]{0,24}\*\/)?\s{0,3}\(/gi

/** Functions that formulas have, too: closed ones say nothing at the beginning of a value. */
const MATHEMATICS = /^(?:a?(?:cos|sin|tan)|abs|ceil|exp|floor|ln|log|m(?:ax|in)|pow|round|sqrt)$/

/** A cell of a spreadsheet, as in `=SUM(A1:A9)`. */
const CELL = /^\$?[A-Z]{1,2}\$?\d/

/** A call of an SQL function; of words, only where the value begins, or after what SQL puts before one. */
function findSqlCall(text: string): number {
  CALL.lastIndex = 0
  for (let match = CALL.exec(text); match !== null; match = CALL.exec(text)) {
    const before = match.index === 0 ? '' : (text[match.index - 1] as string)
    if (/[\w.$#@-]/.test(before) && !/[\d'")]-$/.test(text.slice(0, match.index))) continue
    if (CELL.test(text.slice(CALL.lastIndex)) || isNamedCall(text, match.index, CALL.lastIndex)) continue
    const name = (match[1] ?? '').toLowerCase().replace(/\.$/, '')
    const leads = match.index <= 1 || /^\s*(?:\w{1,16}=)?\W{0,3}$/.test(text.slice(0, match.index))
    const tight = /\w\($/.test(match[0])
    if (SQL_DISTINCT_FUNCTIONS.has(name) && (leads || tight)) return match.index
    // Prose that begins with a function, as titles of changes do, does not count.
    if (!SQL_WORD_FUNCTIONS.has(name) || /^\)(?: [a-z]{3,}){1,4}$/.test(text.slice(CALL.lastIndex))) continue
    if (leads && text.length < 48 && !(MATHEMATICS.test(name) && text.includes(')', CALL.lastIndex))) return match.index
    if (
      tight &&
      /(?:['"`)=<>,|+\s](?:or|and|select|,|\|\||=|<|>)\s*|['")(,=|])$/i.test(text.slice(Math.max(0, match.index - 12), match.index))
    )
      return match.index
  }
  return -1
}

/** Statements and functions. Shapes that quotes and operators make are in sql-shapes. */
export const SQL_RULES: readonly Rule[] = [
  {
    id: 'sql-union-select',
    why: 'One query joined to another.',
    reach: 'field',
    test: /(?:^|['"`)\d\s(;,])(?:union|intersect|except)\b[\s(+*/!-]{1,32}(?:(?:all|distinct)\b[\s(+*/!-]{0,32})?(?:\d{5}\s*)?select\b[\s(+*/!]{0,16}(?:[\d'"`@*(]|null\b|\w+(?:\s*[,(]|\s+from\b))|\bunion\s+(?:all|distinct)\s+select\b|^\W{0,3}-?\d{0,8}['"`)]{0,3}\s*union\s+select\b/i,
    finds: 'union select 1,2',
    leaves: 'credit union'
  },
  {
    id: 'sql-union-select-anywhere',
    why: 'The same with less around it, in a short text.',
    reach: 'string',
    test: /\bunion\b[\s(+/*!-]{0,32}(?:(?:all|distinct)\b[\s(+/*!-]{0,32})?(?:select\b(?!\s(?:committee|list|group)\b)|values\b|table\b|\(\s*(?:select\b|[\d'"(@]))|(?<!\bvs\.? )\bunion[\s+]+all\b|['"`)]\s*union(?:\W|$)/i,
    finds: 'union select 1,2',
    leaves: 'credit union'
  },
  {
    id: 'sql-select',
    why: 'A query.',
    reach: 'parameter',
    except: ['xml'],
    test: /\bselect\b[\s(+/*!@`'"-]{1,32}(?:(?:distinct|all|top\s+\d{1,6})\s+)?(?:[\w.$[\]%:][\w.*@$`'"[\]%:/!-]{0,63}|(?<=[*@`'"/!-])|(?<=\s)[*@`'"/!-][\w.*@$`'"[\]%:/!-]{0,63})(?:\s{0,4}\([^\n()]{0,120}\))?(?:\s+as\s+[^\s,]{1,32})?(?:\s{0,4},\s{0,4}[^\s,]{1,64}(?=[\s,)+/*]|from)(?:\s+as\s+[^\s,]{1,32})?){0,24}[\s)+/*]{0,16}\bfrom\b(?!\s+(?:the|our|your|these|those|an?|my|all|each|any|among)\b)\s*[\w`'"([{]|\bselect\b[^\n(,*=]{0,160}[(,*=][^\n]{0,320}\bfrom\b\s*[\w`'"([{]|(?:^|[\s;('"`=,/])select(?:\((?!\d?\))|[\s+]+(?:\(|[\w.]+\()|[\s+]*(?:\*|@@|top\s+\d|distinct\b|char\b|null\b|sleep\b|pg_\w+|concat|load_file|benchmark|(?<=[\s+/])\d+\s*(?:,|$|--)|['"](?!\s[a-z]{2,})|case\s+when))|\(\s*select\b|select\W{0,4}[=!](?!=)|;\s*select\b/i,
    finds: 'select * from a',
    leaves: 'select2'
  },
  {
    id: 'sql-select-in-string',
    why: 'A query in a string, behind what breaks out of another.',
    reach: 'field',
    test: /['")]\s{0,8}(?:;|\|\||and\b|or\b|,|union\b)\s{0,8}\(?\s{0,8}select\b|\(\s{0,8}select\s{1,8}[\w(*@'",\s]{1,96}\sfrom\s{1,8}[\w.`][^)]{0,160}\)\s{0,8}(?:=|<|>|--|#|,\d|\|\||a\b)|;\s{0,8}select\s{1,8}(?:pg_)?sleep\s{0,8}\(/i,
    finds: "' UNION SELECT name, pass FROM users--",
    leaves: 'select2'
  },
  {
    id: 'sql-statement',
    why: 'Statements that change data or tables.',
    reach: 'parameter',
    except: ['xml'],
    test: /(?:^|[;'"(])\s*replace\s+into\s+[\w.`"]{1,64}\s*(?:\(|values\b|select\b|set\b)|(?:^|[;'"])\s*(?:\(\s*)?\$\$[^$]{0,32}\$\$|\binsert\s+(?:into|ignore|low_priority|delayed)\b(?! (?:an?|the|your|our|this)\b).{0,64}(?:\(|\bvalues\b|\bselect\b)|(?:^|[;'"`)(=])\s*(?:insert\s+into|update\s+[\w.`]+\s*set\b|delete\s+from(?!\s+(?:the|our|your|this|these|my|an?)\b)|drop\s+\w{1,32}\s*(?:;|$|--)|create\s+(?:or\s+replace\s+)?(?:temp\w*\s+)?(?:(?:table|database|procedure)\b\s*(?:[\w.`"[\]]{1,64}\s*)?$|(?:table|database|function|procedure|user|view|trigger|index)\s+(?:if\s|[\w`"[\]]{1,64}(?:\.[\w`"[\]]{1,64}){0,2}(?:\s*[(;]|\s+(?:as|on|identified|from|before|after|returns|begin)\b)))|alter\s*(?:\/|table|database|user|role|$)|truncate\s+table|grant\s+\w+\s+(?:on|to)|merge\s+into\s+\S+\s+using|merge\s+using|declare\s+@\w+|declare\s+(?:exit|continue)\s+handler\b|declare\s+\w+\s+(?:\w*int|\w*char\w*|cursor|continue|exit|integer|number|raw|sys_\w+)\b|execute\s+immediate|exec(?:ute)?\s+(?:master|xp_|sp_|\w+\.|@|system|user_?)|call\s+\w+\([^)]*\)?\s*(?:;|--|#|$)|handler\s+\w+\s+open|load\s+data\s+(?:local|in|low|conc)|shutdown\s*(?:;|--(?!\s[a-z]{3})|with\b)|attach\s+database|copy\s+\w+\s+(?:from|to)\s+(?:['"$]|program\b|std(?:in|out)\b)|do\s+\$\$|vacuum\s+into|pragma\s+\w+\s*(?:$|[=(;]|--))|;\s*(?:update\s+[\w.`]{1,64}\s+set\b|set\s*@\w|drop\b|print\b\s*['"(]?|begin\s*(?:;|$|tran)|commit\b|analyze\b|show\s+\w+|kill\s+\d|use\s+\w+\s*;|rename\s+table|insert\s+into\b|delete\s+from\b|(?:alter|create|truncate)\s+(?:table|database|schema|user|view|index|function|procedure|trigger|login|role|or\s+replace|temp)|grant\s+\w+|declare\b|waitfor\b|exec\b|shutdown\b)|\bupdate\s+[\w.`]{1,64}\s+set\s+[\w.`]{1,64}\s*=|\bdelete\s+from\s+(?!(?:the|our|your|this|these|my|an?)\b)\w|\bdrop\s+(?:table|database|schema|view|user|function|procedure|index)(?=\s+(?:if\b|[\w.`"[\]*%]{1,64}\s*(?:$|[;,#'")&/]|--|cascade|where))|\s*(?:;|--|\/\*|$))|\bdrop\s+\w+\s*;|\bcreate\s+table\b|\bdeclare\s+@\w|(?<!\.)\bexecute(?:\((?!\))|\s*\(\s*['"]|\s+immediate\b)|\bexec(?:ute)?\s+(?:master|xp_|sp_)|^\W{0,2}execute(?:[\s+]+`?(?!(?:an?|it|the|this)$)\w+`?$|\s*\((?![a-z]+\)))|\bload\s+data\s+(?:local\s+)?infile/i,
    finds: '; drop table x',
    leaves: 'backup'
  },
  {
    id: 'sql-stacked-statement',
    why: 'Statements stacked behind a broken quote, in a string.',
    reach: 'field',
    test: /['"`)]\s{0,8}\)?\s{0,8};\s{0,8}(?:(?:drop|truncate)\s{1,8}(?:table|database|schema)\b|delete\s{1,8}from\s{1,8}\w|insert\s{1,8}into\s{1,8}\w|update\s{1,8}\w+\s{1,8}set\b|exec(?:ute)?\s{1,8}(?:master|xp_|sp_|\()|waitfor\s{1,8}delay|declare\s{1,8}@\w|shutdown\b|create\s{1,8}(?:table|user|function)\b|alter\s{1,8}(?:table|user)\b)/i,
    finds: "x'; insert into log values ('a')--",
    leaves: 'A-1; B-2'
  },
  {
    id: 'sql-delay',
    why: 'Waiting, as a way to read an answer.',
    reach: 'field',
    test: /(?:^|['")=\s,;+|(.*/])(?:pg_)?sleep\s*\((?!\d{1,2} h)\s*['"(]?\s*\d{1,7}(?:\.\d+)?(?:\.\w+)?\s*['")\s-]|waitfor[\s+]{1,8}(?:delay|time)\b[\s+]{0,8}['"(@]|benchmark\s*\(\s*(?:\d|0x|@)[^)]{0,64}[,*]|dbms_pipe\.receive_message\s*\(|dbms_lock\.sleep|randomblob\s*\(\s*\d{6,}|select\s+pg_sleep\b/i,
    finds: 'sleep(5)',
    leaves: 'sleep well'
  },
  {
    id: 'sql-catalogue',
    why: "The database's own tables and variables.",
    reach: 'field',
    test: /\b(?:from|join|in|select)\b.{0,64}\b(?:information_schema|sysobjects|syscolumns|sysusers|sysdatabases|pg_catalog|pg_shadow|pg_user|sqlite_(?:master|schema)|all_tables|all_users|user_tables|msysaccessobjects|mysql\.user|v\$version|sys\.(?:tables|databases|objects|schema))|\bexec(?:ute)?\s+(?:master\.{1,2}|dbo\.)?[\w.]{0,24}(?:xp_|sp_)\w|(?:select|[('"=|,])\s*@@(?:version|hostname|datadir|servername|basedir|global|language)/i,
    finds: '1 AND (SELECT COUNT(*) FROM information_schema.tables)>0',
    leaves: 'the information_schema of it'
  },
  {
    id: 'sql-catalogue-name',
    why: "A name of the database's own tables, procedures or variables.",
    reach: 'string',
    leavesProse: true,
    test: /\b(?:information_schema|sys(?:objects|columns|databases|users|logins|processes)|pg_(?:catalog|sleep|shadow|user|read_file|ls_dir|database|tables|class|stat_\w+)|sqlite_(?:master|schema|temp_\w+|version)|all_(?:tables|users|objects)|dba_users|user_(?:tab_columns|tables|objects|constraints|users)|msys(?:aces|objects|queries|relationships|access\w+|modules2?)|pg_toast|sysaux|sys\.database_name|mysql\.(?:db|user|host|innodb\w*)|tempdb|msdb|northwind|schema_name|db_name|table_schema|openrowset|opendatasource|openquery|sysdba|owa_util|autonomous_transaction|load_file|dbms_\w{2,24}|utl_(?:http|inaddr|file|smtp|tcp))\b|\b(?:xp|sp)_(?:cmdshell|dirtree|reg\w+|fileexist|availablemedia|enumdsn|loginconfig|makecab|ntsec\w*|terminate\w*|execute\w*|help\w*|oa\w+|password|sqlexec|configure|makewebtask|who\d?|addextendedproc|passwordok)\b|@@(?!toString|iterator|asyncIter|species|hasInst|toPrim|isConcat|match|replace|search|split|unscop)\w{3,24}|\binto\s+(?:out|dump)file\b|\bload\s+data\b|\btable_name\b.{0,32}\bfrom\b/gi,
    finds: "' || pg_sleep(3)--",
    leaves: 'sys. admin'
  },
  {
    id: 'sql-file',
    why: 'Writing and reading files.',
    reach: 'field',
    test: /\binto\s+(?:out|dump)file\s*['"@(]|\bload_file\s*\(\s*(?:['"@\\]|0x|char\b|concat\b)|\blo_(?:import|export)\s*\(\s*['"\d]|\bpg_read_file\s*\(/i,
    finds: "load_file('/etc/hosts')",
    leaves: 'an outfile of it'
  },
  {
    id: 'sql-function-opened',
    why: 'A call of an SQL function at whose bracket the value ends.',
    reach: 'parameter',
    except: ['header'],
    test: (text) => (/\(\s{0,4}$/.test(text) ? findSqlCall(text) : -1),
    sign: /\(\s{0,4}$/,
    finds: 'database (',
    leaves: 'the database (and'
  },
  {
    id: 'sql-function-call',
    why: 'A call of an SQL function.',
    reach: 'parameter',
    except: ['header'],
    sign: new RegExp(CALL_SIGN),
    test: (text) => (CALL_SIGN.test(text) ? findSqlCall(text) : -1),
    finds: 'sleep(5)',
    leaves: '$5 (five)'
  },
  {
    id: 'sql-mongo-operator',
    why: 'Operators of Mongo as names.',
    reach: 'field',
    only: ['name', 'string', 'value', 'part', 'xml', 'cookie'],
    test: /(?:^\\?["']?|\[)\$(?:ne|eq|gte?|lte?|n?in|n?or|and|not|exists|regex|where|elemmatch|size|mod|all|text|search|geowithin|geointersects|near(?:sphere)?|slice|meta|rand|jsonschema|expr|bitsallclear|bitsallset|bitsanyclear|bitsanyset|lookup|function|accumulator|unset|rename|push|pull|addtoset|natural|options|jsonSchema|maxDistance|max|min|inc|mul|setOnInsert|currentDate|box|center|centersphere|polygon|geometry|hint|returnKey|showDiskLoc|maxScan|maxTimeMS|explain|orderby|query|snapshot|like|ilike|between|notlike|gte|col)\\?["']?(?:\]|$)/i,
    finds: '$ne',
    leaves: '${name'
  },
  {
    id: 'sql-mongo-in-value',
    why: 'The same in a value that is JSON itself.',
    reach: 'string',
    test: /["'{[,]\s*["']?\$(?:ne|gte?|lte?|n?in|n?or|and|not|exists|regex|where|elemmatch|expr|function|mod|size|all|text|type)["']?\s*[\]:]/i,
    finds: 'role[$gt]',
    leaves: '${name'
  },
  {
    id: 'sql-lone-exponent',
    why: 'Names as numbers with a lone exponent: `1.e(ascii` (a quirk of MySQL that hides spaces).',
    reach: 'string',
    test: /\d\.e\(\w/i,
    finds: '1.e(ascii',
    leaves: 'f.e('
  }
]
