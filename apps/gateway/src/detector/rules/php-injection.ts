import type { Rule } from '../rule.js'
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
    const tight = /\w\(/.test(match[0]) || /[*/\n\t]/.test(match[0])
    const known = PHP_DISTINCT_FUNCTIONS.has(name) || PHP_FUNCTION_PREFIX.test(name) || IMAGE_FUNCTION.test(name)
    // A known name with an underscore is no word, so that a blank before its bracket excuses nothing.
    if (tight ? known || SNAKE_CASE.test(name) : known && name.includes('_')) return match.index
    if (!PHP_WORD_FUNCTIONS.has(name)) {
      if (tight && endsInPhpFunction(name)) return match.index
      continue
    }
    const rest = text.slice(match.index + match[0].length, match.index + match[0].length + 64)
    if (match.index === 0 && tight && text.length < 64) return match.index
    // The value begins with the call, and a string or variable is what it is given.
    if (match.index === 0 && /^\s*[$'"]/.test(rest)) return match.index
    const opens = match.index === 0 || /[;=@{"'!]/.test(before)
    if (opens && (tight || /^\s*\)/.test(rest)) && /^\s*(?:\)|$|[$"'\d(]|[a-z_]+\s*[)(])/i.test(rest)) return match.index
    if (tight && /^\s*(?:\$|["'][^"']{0,40}["']\s*\)|["']echo|["']\w)/.test(rest)) return match.index
  }
  return -1
}

/** Names that somebody glued to a word to get past a word boundary: `FOOcall_user_func(`. */
function endsInPhpFunction(name: string): boolean {
  return /(?:call_user_func|gzinflate|base64_decode|shell_exec|passthru|file_get_contents|create_function|phpinfo|str_rot13)$/.test(name)
}

export const PHP_RULES: readonly Rule[] = [
  {
    // An opening tag in a short value: `<?php`, `<?=`, `<? echo`, and the `<?xml :` that slips past filters for it.
    id: 'php-open-tag',
    reach: 'string',
    literals: ['<?'],
    test: /<\?(?:php(?:\s|$|\/)|=|$|\s*(?:\$|@|`|(?:echo|print|die|exit|eval|include|require)\b)|\s*@?\w+\s*\(|xml\s*:)|<\?\s+[^<>]{0,64}[($`]/i,
    except: ['xml']
  },
  {
    // The same tag in a string of a message.
    id: 'php-open-tag-in-string',
    reach: 'field',
    literals: ['<?php', '<?='],
    test: /<\?(?:php\s|=)[^<>]{0,256}(?:\$_(?:GET|POST|REQUEST|COOKIE|SERVER)|system\s*\(|exec\s*\(|passthru|eval\s*\(|assert\s*\(|base64_decode|phpinfo|file_get_contents|`)/i
  },
  {
    // A closing tag that no opening of XML explains.
    id: 'php-close-tag',
    reach: 'string',
    literals: ['?>'],
    test: /^(?!.{0,64}<\?(?:xml|xpacket)).{0,480}\?>/s,
    except: ['xml']
  },
  {
    // Tags that template engines and boards hand to PHP.
    id: 'php-board-tag',
    reach: 'string',
    literals: ['[php]', '[/php]', '[\\php]', '{php}', '{/php}'],
    test: /[[{][/\\]?php[\]}]/i
  },
  {
    // The arrays of a request, and other globals.
    id: 'php-superglobal',
    reach: 'string',
    literals: [
      '$_',
      '_get',
      '_post',
      '_cookie',
      '_server',
      '_request',
      '_session',
      '_files',
      '_env',
      'globals',
      'http_',
      '$ _',
      '$arg',
      '$php_'
    ],
    test: /\$\s{0,8}(?:\{\s{0,8}['"]?\s{0,8})?_\s{0,8}(?:GET|POST|COOKIE|SERVER|REQUEST|SESSION|FILES|ENV)\b|\$GLOBALS\b|\$HTTP_(?:GET|POST|COOKIE|SERVER|ENV|SESSION)_VARS|^_(?:GET|POST|COOKIE|SERVER|REQUEST|SESSION|FILES|ENV)\[|\bHTTP_RAW_POST_DATA|\$(?:argv|argc|php_errormsg|http_response_header)\b|\$_[% ]|\bphp_?argv\b/i
  },
  {
    id: 'php-superglobal-access',
    reach: 'field',
    literals: ['$_get[', '$_post[', '$_request[', '$_cookie[', '$_server[', '$_files['],
    test: /^[^\n]{0,64}[@(=`;"'{]\s*\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)\s*\[[^\]]{1,32}\]\s*[)(};]/i
  },
  {
    // Names of a request's variables, as servers pass them on.
    id: 'php-server-variable',
    reach: 'string',
    literals: ['http_', 'auth_type', 'path_', 'query_string', 'request_uri'],
    test: /(?:^|[^\w-])(?:AUTH_TYPE|HTTP_(?:ACCEPT(?:_(?:CHARSET|ENCODING|LANGUAGE))?|CONNECTION|HOST|KEEP_ALIVE|REFERER|USER_AGENT|X_FORWARDED_FOR)|(?:ORIG_)?PATH_(?:INFO|TRANSLATED)|QUERY_STRING|REQUEST_URI)(?![\w-])/,
    origins: ['value', 'part', 'cookie', 'name']
  },
  {
    // Streams of PHP's own.
    id: 'php-stream',
    reach: 'field',
    literals: ['php://', 'phar://', 'expect://', 'data://'],
    test: /(?:^|["'\s=(])(?:php:\/\/(?:filter|input|std(?:in|out|err)|memory|temp|output|fd)|phar:\/\/|expect:\/\/\w|data:\/\/text)/i
  },
  PHP_SETTING_RULE,
  {
    // A call of a PHP function.
    id: 'php-function-call',
    reach: 'parameter',
    literals: ['('],
    test: findPhpCall
  },
  {
    // A call of what a variable names: `$f(`, `${…}(`, `$a[0](`.
    id: 'php-variable-function',
    reach: 'parameter',
    literals: ['$'],
    test: /(?<!\$)\$+\s{0,8}(?:[a-z_\x7f-\xff]\w*|\{[^}\n]{1,64}\})\s*(?:\[[^\]\n]{0,32}\]\s*|\{[^}\n]{0,32}\}\s*|->\w+\s*)*(?:\/\*[^*]{0,32}\*\/\s*)?\(/i,
    except: ['header']
  },
  {
    // A variable variable: `${'_GE'.'T'}`, `$ {$a}`.
    id: 'php-variable-variable',
    reach: 'string',
    literals: ['{'],
    test: /\$\s*\{\s*(?:['"$@][^}]{1,64}|\$+\w+)\s*\}|\$\s+\{\s*\w+\s*\}/,
    except: ['xml']
  },
  {
    // A call of an expression: `('sys'.'tem')('id')`, `[system][0](ls)`, `"system"(ls)`.
    id: 'php-expression-call',
    reach: 'string',
    literals: ['(', ')'],
    test: /(?:\(\s*[\w.'" ()]{2,48}\)|\[\s*[\w'" ]{2,32}\](?:\s*\[\s*\d+\s*\])+\s*\)?(?:\s*\{[^}]{0,24}\})?)\s*\(\s*(?:[\w'"$\-/ ]{1,32})\)\s*(?:;|$)|["']\w{2,32}["']\s*\(\s*[\w'"$]{1,32}\s*\)|\(\s*\w+\s*\)(?:\s*\[\s*\d\s*\])+\s*\(|\}\s*\(\s*['"]\w+['"]\s*\)/,
    except: ['header']
  },
  {
    // A serialized object or array.
    id: 'php-serialized',
    reach: 'field',
    literals: ['o:', 'c:', 'a:', 's:'],
    test: /(?:^|[;:{|"=])[oc]:\+?\d{1,10}:\\?"[^"]{1,120}":\d{1,10}:\{|(?:^|[;{|])a:\d{1,6}:\{[is]:\d{1,10}[;:]/i
  },
  {
    // A script uploaded by its name.
    id: 'php-upload-name',
    reach: 'string',
    literals: ['.ph'],
    test: /\.(?:php\d?|phtml|phar|phps|pht|php~)(?:[\s.;:]|\0|$)/i,
    origins: ['filename']
  },
  {
    // PHP's own name for a session file.
    id: 'php-session-file-name',
    reach: 'string',
    literals: ['sess_'],
    test: /(?:^|[/\\])sess_[a-z0-9,-]{20,256}$/i,
    origins: ['filename', 'value', 'part']
  },
  {
    // A string of a message that is a call of what runs code or commands, and nothing else.
    id: 'php-call-alone-in-string',
    reach: 'string',
    literals: ['('],
    test: /^[\s;'"@.)]{0,6}(?:system|exec|shell_exec|passthru|eval|assert|phpinfo|popen|proc_open|pcntl_exec|base64_decode|file_get_contents|file_put_contents|create_function|call_user_func(?:_array)?|highlight_file|show_source|readfile|unserialize|str_rot13|gzinflate)\s*\(\s*(?:\)|['"$]|base64_|\w+\s*\()[^\n]{0,160}\)?\s*;?\s*(?:\?>|\/\/|#)?$/i
  }
]
