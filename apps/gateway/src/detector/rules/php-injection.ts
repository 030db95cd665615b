import { isNamedCall } from '../prose.js'
import { CALL_SIGN, type Rule } from '../rule.js'
import { PHP_DISTINCT_FUNCTIONS, PHP_FUNCTION_PREFIX, PHP_WORD_FUNCTIONS } from './php-functions.js'
import { PHP_SETTING_RULE } from './php-settings.js'

/** Names that only code has; nearly all of PHP's are spelled so. */
const SNAKE_CASE = /^[a-z0-9]{2,24}(?:_[a-z0-9]{1,24}){1,6}$/
/** The functions for images have names without any underscore. */
const IMAGE_FUNCTION = /^image[a-z0-9]{2,28}$/
const CALL = /([a-z_][\w]{1,48})\s{0,32}(?:\/[*/].{0,64}?(?:\*\/|\n)\s{0,8})?\s{0,32}\(/gis

/** A call of a PHP function: distinct names anywhere, words only where nothing but a call can be meant. */
function findPhpCall(text: string): number {
  CALL.lastIndex = 0
  for (let match = CALL.exec(text); match !== null; match = CALL.exec(text)) {
    const name = (match[1] ?? '').toLowerCase()
    const before = match.index === 0 ? '' : (text[match.index - 1] as string)
    if (/[\w.]/.test(before) || (before === '-' && !PHP_DISTINCT_FUNCTIONS.has(name))) continue
    if (isNamedCall(text, match.index, CALL.lastIndex)) continue
    // A module of Node's is required by its name, a script of PHP's by its path.
    if (
      name === 'require' &&
      /^\s*(['"])(?:@[\w-]+\/|\.{1,2}\/)?[a-z][\w./-]*\1\s*\)/.test(text.slice(CALL.lastIndex)) &&
      !/\.(?:php|inc)\b/.test(text)
    )
      continue
    const tight = /\w\(/.test(match[0]) || /[*/\n\t]/.test(match[0])
    const known = PHP_DISTINCT_FUNCTIONS.has(name) || PHP_FUNCTION_PREFIX.test(name) || IMAGE_FUNCTION.test(name)
    // A known name with an underscore is not a word, so that a blank before its bracket excuses nothing.
    if (tight ? known || SNAKE_CASE.test(name) : known && name.includes('_')) return match.index
    if (!PHP_WORD_FUNCTIONS.has(name)) {
      if (tight && endsInPhpFunction(name)) return match.index
      continue
    }
    const rest = text.slice(match.index + match[0].length, match.index + match[0].length + 64)
    if (match.index === 0 && tight && text.length < 64) return match.index
    // The value begins with the call, whose argument is a string or variable.
    if (match.index === 0 && /^\s*[$'"]/.test(rest)) return match.index
    const opens = match.index === 0 || /[;=@{"'!]/.test(before)
    if (opens && (tight || /^\s*\)/.test(rest)) && /^\s*(?:\)|$|[$"'\d(]|[a-z_]+\s*[)(])/i.test(rest)) return match.index
    if (tight && /^\s*(?:\$|["'][^"']{0,40}["']\s*\)|["']echo|["']\w)/.test(rest)) return match.index
  }
  return -1
}

/** Names that are glued to a word to get past a word boundary: `FOOcall_user_func(`. */
function endsInPhpFunction(name: string): boolean {
  return /(?:call_user_func|gzinflate|base64_decode|shell_exec|passthru|file_get_contents|create_function|phpinfo|str_rot13)$/.test(name)
}

export const PHP_RULES: readonly Rule[] = [
  {
    id: 'php-open-tag',
    why: 'An opening tag in a short value: `<?php`, `<?=`, `<? echo`, and the `<?xml :` that slips past filters for it.',
    reach: 'string',
    except: ['xml'],
    test: /<\?(?:php(?:\s|$|\/)|=|$|\s*(?:\$|@(?![\w.-]+>$)|`|(?:echo|print|die|exit|eval|include|require)\b)|\s*@?\w+\s*\(|xml\s*:)|<\?\s+[^<>]{0,64}[($`]/i,
    finds: '<?= $a ?>',
    leaves:
      '<?xml version="1.0" encoding="UTF-8"?>\n<order id="7"><customer name="O\'Brien &amp; Sons"/><line sku="A-1" qty="2">Blue mug (large)</line></order>'
  },
  {
    id: 'php-open-tag-in-string',
    why: 'The same tag in a string of a message.',
    reach: 'field',
    test: /<\?(?:php\s|=)[^<>]{0,256}(?:\$_(?:GET|POST|REQUEST|COOKIE|SERVER)|system\s*\(|exec\s*\(|passthru|eval\s*\(|assert\s*\(|base64_decode|phpinfo|file_get_contents|`)/i,
    finds: '<?= `id` ?>',
    leaves:
      "<?php\n\nnamespace App;\n\nfinal class Repo {\n  public function find(int $id): ?array {\n    return $this->db->query('SELECT * FROM t WHERE id = ?', [$id])->fetch();\n  }\n}\necho htmlspecialchars($_GET['q'] ?? '');\n"
  },
  {
    id: 'php-board-tag',
    why: 'Tags that template engines and boards hand to PHP.',
    reach: 'string',
    test: /[[{][/\\]?php[\]}]/i,
    finds: '[php]readfile("x")[/php]',
    leaves: 'php'
  },
  {
    id: 'php-superglobal',
    why: 'The arrays of a request, and other globals.',
    reach: 'string',
    test: /\$\s{0,8}(?:\{\s{0,8}['"]?\s{0,8})?_\s{0,8}(?:GET|POST|COOKIE|SERVER|REQUEST|SESSION|FILES|ENV)\b|\$GLOBALS\b|\$HTTP_(?:GET|POST|COOKIE|SERVER|ENV|SESSION|REQUEST)_(?:VARS|FILES)|^_(?:GET|POST|COOKIE|SERVER|REQUEST|SESSION|FILES|ENV)\[|\bHTTP_RAW_POST_DATA|\$(?:argv|argc|php_errormsg|http_response_header)\b|\$_[% ]|\bphp_?argv\b/i,
    finds: '$_GET[a]',
    leaves: 'NODE_ENV=production node ./dist/index.js | pino-pretty'
  },
  {
    id: 'php-superglobal-access',
    why: "An element of a request's array, used in code.",
    reach: 'field',
    test: /^[^\n]{0,64}[@(=`;"'{]\s*\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\s*\[[^\]]{1,32}\]\s*[)(};]/i,
    finds: 'system($_POST[1]);',
    leaves:
      "<?php\n\nnamespace App;\n\nfinal class Repo {\n  public function find(int $id): ?array {\n    return $this->db->query('SELECT * FROM t WHERE id = ?', [$id])->fetch();\n  }\n}\necho htmlspecialchars($_GET['q'] ?? '');\n"
  },
  {
    id: 'php-server-variable',
    why: "Names of a request's variables, as servers pass them on.",
    reach: 'string',
    only: ['value', 'part', 'cookie', 'name', 'string'],
    test: /(?:^|[^\w-])(?:AUTH_TYPE|HTTP_(?:ACCEPT(?:_(?:CHARSET|ENCODING|LANGUAGE))?|CONNECTION|HOST|KEEP_ALIVE|REFERER|USER_AGENT|X_FORWARDED_FOR)|(?:ORIG_)?PATH_(?:INFO|TRANSLATED)|QUERY_STRING|REQUEST_URI)(?![\w-])/,
    finds: 'HTTP_USER_AGENT',
    leaves: 'http_client'
  },
  {
    id: 'php-stream',
    why: "Streams of PHP's own.",
    reach: 'field',
    test: /(?:^|["'\s=(])(?:php:\/\/(?:filter|input|std(?:in|out|err)|memory|temp|output|fd)|phar:\/\/|expect:\/\/\w|data:\/\/text)/i,
    finds: 'expect://id',
    leaves: 'xdata://a'
  },
  PHP_SETTING_RULE,
  {
    id: 'php-function-call-apart',
    why: 'The same with blanks before its bracket: of names that no prose has.',
    reach: 'parameter',
    test: (text) => (text.includes('_') && text.includes(' (') ? findPhpCall(text) : -1),
    sign: /_/,
    finds: 'openssl_sign (1)',
    leaves: 'my_file (1)'
  },
  {
    id: 'php-function-call',
    why: 'A call of a PHP function.',
    reach: 'parameter',
    sign: new RegExp(CALL_SIGN),
    test: (text) => (CALL_SIGN.test(text) ? findPhpCall(text) : -1),
    finds: 'sleep(5)',
    leaves: '$5 (five)'
  },
  {
    id: 'php-variable-function',
    why: 'A call of what a variable names: `$f(`, `${…}(`, `$a[0](`.',
    reach: 'parameter',
    except: ['header'],
    test: /(?<!\$)\$+\s{0,8}(?:[a-z_\x7f-\xff]\w*|\{[^}\n]{1,64}\})\s*(?:\[[^\]\n]{0,32}\]\s*|\{[^}\n]{0,32}\}\s*|->\w+\s*)*(?:\/\*[^*]{0,32}\*\/\s*)?\(/i,
    finds: '$a(1)',
    leaves: '${name'
  },
  {
    id: 'php-variable-variable',
    why: "A variable variable: `${'_GE'.'T'}`, `$ {$a}`.",
    reach: 'string',
    except: ['xml'],
    test: /\$\s*\{\s*(?:['"$@][^}]{1,64}|\$+\w+)\s*\}|\$\s+\{\s*\w+\s*\}/,
    finds: '${${lower:j}ndi:dns://a}',
    leaves: '${name'
  },
  {
    id: 'php-expression-call',
    why: "A call of an expression: `('sys'.'tem')('id')`, `[system][0](ls)`, `\"system\"(ls)`.",
    reach: 'string',
    except: ['header'],
    test: /(?:\)\s?|\)?['"][\w\\-]{1,32}['"]\s?|[\w\]}]\s?\[\d{1,4}\]|\{\d{1,4}\}|\$[^(),.;/\\\s]{1,32})\([^()\n]{1,48}\);|\(\w{0,16}\.?\(\w{1,16}\)\.?\w{0,16}\)\s*\(\s*['"]|\(\s*(?=[^()]{0,48}['"$]|(?:system|exec|shell_exec|passthru|phpinfo|assert|eval|popen)\b)[\w.'"$ ()]{2,48}\)\s*\(\s*[\w'"$\-/ ]{1,32}\)\s*(?:;|$)|\[\s*[\w'" ]{2,32}\](?:\s*\[\s*\d+\s*\])+\s*\)?(?:\s*\{[^}]{0,24}\})?\s*\(\s*[\w'"$\-/ ]{1,32}\)\s*(?:;|$)|["']\w{2,32}["']\(\s*[\w'"$]{1,32}\s*\)|\(\s*\w+\s*\)(?:\s*\[\s*\d\s*\])+\s*\(|\w\[\d{1,4}\]\(\s*[\w'"$/ -]{1,32}\)\s*;|\}\s*\(\s*['"]\w+['"]\s*\)/,
    finds: '("sys"."tem")("id");',
    leaves: '$5 (five)'
  },
  {
    id: 'php-serialized',
    why: 'A serialized object or array.',
    reach: 'field',
    test: /(?:^|[;:{|"=])[oc]:\+?\d{1,10}:\\?"[^"]{1,120}":\d{1,10}:\{|(?:^|[;{|])a:\d{1,6}:\{(?:\}|[is]:\d{1,10}[;:])|(?:^|[;{|])E:\d{1,6}:"\w+:\w+";/i,
    finds: 'O:1:"A":0:{}',
    leaves: 's:abc.def'
  },
  {
    id: 'php-upload-name',
    why: 'A script uploaded by its name.',
    reach: 'string',
    only: ['filename'],
    test: /\.(?:php\d?|phtml|phar|phps|pht|php~)(?:[\s.;:]|\0|$)/i,
    finds: 'me.php5',
    leaves: 'a.phoenix.pdf'
  },
  {
    id: 'php-session-file-name',
    why: "PHP's own name for a session file.",
    reach: 'string',
    only: ['filename', 'value', 'part'],
    test: /(?:^|[/\\])sess_[a-z0-9,-]{20,256}$/i,
    finds: 'sess_0123456789abcdef0123',
    leaves: 'sess_1'
  },
  {
    id: 'php-call-alone-in-string',
    why: 'A string of a message that is a call of what runs code or commands, and nothing else.',
    reach: 'string',
    test: /^[\s;'"@.()]{0,6}(?:file(?:group)?|glob|opendir|tmpfile|unpack|virtual|constant|assert_options|image(?:gif|jpeg|png|wbmp|xbm)|system|exec|shell_exec|passthru|eval|assert|phpinfo|popen|proc_open|pcntl_exec|base64_decode|file_get_contents|file_put_contents|create_function|call_user_func(?:_array)?|highlight_file|show_source|readfile|unserialize|str_rot13|gzinflate)['"]?\)?\s*(?:(?:\/\/|#)\S*\s|\/\*.{0,32}?\*\/)?\(\s*(?:(?:['"$]|base64_|\w+\s*\()[^\n]{0,160}\)?|\))\s*;?\s*(?:\?>|\/\/|#)?$/i,
    finds: 'phpinfo()',
    leaves: '$5 (five)'
  }
]
