import type { Rule } from '../rule.js'

/** What scripts of an attack call or read. */
const SINKS =
  'alert|confirm|prompt|eval|fetch|import|document|window|location|top|self|parent|frames|globalthis|settimeout|setinterval|string\\.fromcharcode|xmlhttprequest|console|javascript|new\\s+image|\\$\\.get|navigator|atob|open|print|throw'

export const XSS_RULES: readonly Rule[] = [
  {
    // A script element, with whatever namespace or blank in it.
    id: 'xss-script-element',
    reach: 'string',
    literals: ['script'],
    test: /<[\s/]{0,16}(?:\w{1,16}\s*:\s*)?script\b|\bscript[\s/]*>|[\xbc]\/?script|\bscript\xbe/i
  },
  {
    // A script element that does something at once, in a string.
    id: 'xss-script-runs',
    reach: 'field',
    literals: ['<script'],
    test: new RegExp(
      `<script[^<>]{0,200}>[^<]{0,60}\\b(?:${SINKS})\\b\\s*(?:\\(|\\.|\\[|=)|["']\\s*\\/?>\\s*<script|^<script[^<>]{0,128}\\bsrc\\s*=\\s*["']?(?:https?:)?\\/\\/`,
      'i'
    )
  },
  {
    // The same in a string, where the name of the handler must be one that exists.
    id: 'xss-event-handler-in-string',
    reach: 'string',
    literals: [
      'onerror',
      'onload',
      'onclick',
      'onmouse',
      'onfocus',
      'onblur',
      'ontoggle',
      'onanim',
      'onpointer',
      'onstart',
      'onkey',
      'oninput',
      'onbegin',
      'onpage',
      'onwheel',
      'ondrag',
      'onbefore',
      'onscroll',
      'onsubmit',
      'onchange'
    ],
    test: /(?:<[a-z!/?][^>]{0,200}[\s/"'`]|["'][\s/]{0,8}|^)on[a-z]{4,25}\s{0,8}=(?!=)/i,
    except: ['xml']
  },
  {
    // An event handler in a tag, or after a quote that it broke out of, or alone.
    id: 'xss-event-handler',
    reach: 'parameter',
    literals: ['on'],
    test: /<[a-z!/?][^>]{0,200}[\s/"'`]on[a-z]{3,25}[\s/]{0,8}=|["'][\s/]{0,8}on[a-z]{4,25}\s{0,8}=(?!=)|(?:["'`\s/;=,(\d]|^)on(?:abort|activate|after\w{3,12}|animation\w{3,12}|aux\w+|before\w{3,16}|begin|blur|bounce|broadcast|can\w+|cell\w+|change|click|close|context\w+|control\w+|copy|cue\w+|cut|data\w+|dbl\w+|deactivate|device\w+|drag\w*|drop|duration\w*|emptied|end(?:ed)?|error\w*|exit|fetch|filter\w+|finish|focus\w*|form\w+|full\w+|gamepad\w+|gesture\w+|got\w+|hash\w+|help|input|invalid|key\w+|layout\w+|load\w*|lose\w+|lost\w+|media\w+|message\w*|motion\w*|mouse\w+|move\w*|mute|offline|online|orientation\w+|out\w+|overflow\w*|page\w+|paste|pause|play\w*|pointer\w+|popstate|progress|property\w+|rate\w+|ready\w+|receive\w+|redo|repeat|request\w+|reset|resize\w*|reverse|row\w+|scroll\w*|search|seek\w+|select\w*|show|stalled|start|stop|storage|submit|suspend|sync\w+|time\w*|toggle|touch\w+|transition\w+|undo|unload|url\w+|user\w+|volume\w+|wait\w+|webkit\w+|wheel|zoom)[\s/]{0,8}=(?!=)/i,
    except: ['xml', 'name']
  },
  {
    // A handler that calls something, in a string.
    id: 'xss-handler-runs',
    reach: 'field',
    literals: [
      'onerror',
      'onload',
      'onclick',
      'onmouse',
      'onfocus',
      'onblur',
      'ontoggle',
      'onanimation',
      'onpointer',
      'onstart',
      'onkey',
      'oninput',
      'onbegin',
      'onpage',
      'onwheel',
      'ondrag',
      'onbefore',
      'onhash'
    ],
    test: new RegExp(
      `(?:<[a-z][^>]{0,200}[\\s/"']|["']\\s{0,8})on[a-z]{3,24}\\s{0,8}=\\s{0,8}["'\`]?\\s{0,8}(?:${SINKS})\\b\\s{0,8}(?:\\(|\\.|\\[|\`|=|:)|<(?:img|svg|body|video|audio|input|details|marquee|iframe|object)\\b[\\s/]{0,4}[^>]{0,32}\\bon[a-z]{3,24}=[a-z]+\\(`,
      'i'
    )
  },
  {
    // A scheme that runs script, with blanks and entities between its letters.
    id: 'xss-script-scheme',
    reach: 'parameter',
    literals: ['j', 'v', 'livescript', 'mocha'],
    test: /(?:^|[\s"'`=(<>,;{}:/\\])(?:j[^\w(]{0,8}a[^\w(]{0,8}v[^\w(]{0,8}a[^\w(]{0,8}s[^\w(]{0,8}c[^\w(]{0,8}r[^\w(]{0,8}i[^\w(]{0,8}p[^\w(]{0,8}t|v[^\w(]{0,8}b[^\w(]{0,8}s[^\w(]{0,8}c[^\w(]{0,8}r[^\w(]{0,8}i[^\w(]{0,8}p[^\w(]{0,8}t|livescript|mocha)[^\w(]{0,8}:(?!\s+[a-z]+\s+[a-z])/i,
    except: ['xml']
  },
  {
    // The same as the whole of a string, or in a link of it.
    id: 'xss-script-scheme-in-string',
    reach: 'field',
    literals: ['javascript', 'vbscript', 'script:'],
    test: new RegExp(
      `^\\s*(?:javascript|vbscript)\\s*:\\s*\\S|(?:href|src|action|data|url)\\s{0,8}[=(]\\s{0,8}["']?\\s{0,8}javascript:\\s*(?:${SINKS})\\b|^javascript\\s*[:&]`,
      'i'
    ),
    except: ['text']
  },
  {
    // Elements that load, embed, restyle or redirect.
    id: 'xss-loading-element',
    reach: 'parameter',
    literals: ['<'],
    test: /<[\s/]{0,8}(?:\w{1,12}:)?(?:iframe|frameset?|object|embed|applet|base|meta|link|style|svg|math|isindex|bgsound|layer|ilayer|form|input|button|textarea|select|video|audio|source|img|image|body|html|xml|xss|marquee|details|template|portal|keygen|vmlframe|xml-stylesheet|animate\w*|set|foreignobject|noscript|plaintext|listing|xmp|blink|table|td|div|p|a|b|i|x|span)(?:[\s/]+[^<>]{0,200})?(?:on\w{3,24}\s*=|style\s*=|src(?:doc|set)?\s*\/?=|href\s*\/?=|data\s*=|action\s*=|xlink|background\s*=|formaction|http-equiv|content\s*=|\bcode\s*=|attributename)|<\s*(?:iframe|object|embed|applet|base|meta|svg|math|isindex|bgsound|layer|frameset|style|xss|marquee|portal|foreignobject)\b[\s/>]|<\s*(?:iframe|svg|img|style)\s*>/i
  },
  {
    // Elements that nobody types to shape a comment.
    id: 'xss-unusual-element',
    reach: 'parameter',
    literals: ['<'],
    test: /<\/?(?:acronym|area|basefont|bdo|blackface|body|button|canvas|caption|center|col(?:group)?|comment|dialog|dir|fieldset|fn|font|form|head|html|input|ins|kbd|keygen|label|layer|legend|limittext|link|listing|map|menu|meta|multicol|nobr|noembed|noframes|noscript|nosmartquotes|optgroup|option|param|picture|select|server|shadow|sidebar|slot|spacer|style|svg|t(?:body|extarea|foot|itle|emplate)|var|video|audio|wbr|xml|xmp)(?:[\s/>]|$)/i,
    except: ['header', 'xml']
  },
  {
    // An element of whatever name with an attribute right behind it.
    id: 'xss-element-with-attribute',
    reach: 'parameter',
    literals: ['<'],
    test: /<[a-z][\w:.-]{0,24}[\s/]{1,8}[a-z][\w:-]{1,24}\s{0,4}=(?!=)/i,
    except: ['header', 'xml']
  },
  {
    // Attributes that carry addresses, styles or pages, wherever a tag may have been begun.
    id: 'xss-loading-attribute',
    reach: 'parameter',
    literals: [
      'src',
      'href',
      'style',
      'formaction',
      'xmlns',
      'data:text',
      ';base64',
      'datasrc',
      'dynsrc',
      'lowsrc',
      '/html',
      'http-equiv',
      '!entity'
    ],
    test: /(?:^|[\s"'`/<>;])(?:src(?:doc|set)?|href|xlink:href|xml:base|formaction|style|xmlns(?::\w{1,16})?|data(?:src|fld|formatas)|dynsrc|lowsrc|http-equiv)=\s{0,8}["'`]?[\w/:&#.\\(%]|\bdata:\s{0,8}text\/html|;\s{0,8}base64\s{0,8},|<!entity\b|\btext\/html\s*[;,]/i,
    except: ['header']
  },
  {
    // Processing instructions that import, of old browsers.
    id: 'xss-import-instruction',
    reach: 'string',
    literals: ['<?import', 'implementation', '@im', '@i\\'],
    test: /<\?import\b|\bimplementation\s*=|@i\\?m\\?p?\\?ort\b|@import\b\s*['"u]/i,
    except: ['xml']
  },
  {
    // Styles that run script.
    id: 'xss-style-script',
    reach: 'string',
    wholeOnly: true,
    literals: ['expression', '-moz-binding', 'behavior', 'url(', 'style'],
    test: /\bexpression\s{0,8}\(|-moz-binding|\bbehaviou?r\s{0,8}:\s{0,8}url|url\s{0,8}\(\s{0,8}["']?\s{0,8}(?:javascript|vbscript|data:text)|\bstyle\s{0,8}=[^>]{0,64}(?:javascript|@import)/i
  },
  {
    // External entities.
    id: 'xss-external-entity',
    reach: 'field',
    literals: ['<!entity', '<!doctype', 'schemalocation'],
    test: /<!entity\s+(?:%\s*)?[\w.:-]{1,64}\s+(?:system|public)\b|<!doctype\s+[\w.:-]{1,64}\s*\[|<!doctype\s+[\w.:-]{1,64}\s+system\b|xsi:(?:noNamespace)?schemaLocation\s*=\s*["']\s*https?:/i,
    except: ['xml']
  },
  {
    // External entities in a whole XML body.
    id: 'xss-external-entity-in-document',
    reach: 'document',
    literals: ['<!entity'],
    test: /<!entity\s+(?:%\s*)?[\w.:-]{1,64}\s+system\s+["'](?:file|https?|php|ftp|expect|gopher|jar|netdoc):/i,
    origins: ['text', 'xml', 'value']
  },
  {
    // Properties and methods of the page.
    id: 'xss-page-object',
    reach: 'string',
    literals: [
      'appendchild',
      'document',
      'window',
      'location',
      'innerhtml',
      'outerhtml',
      'self',
      'top',
      'parent',
      'this',
      'frames',
      'localstorage',
      'sessionstorage',
      'insertadjacent',
      'globalthis'
    ],
    test: /\bdocument\s*(?:\.\s*(?:cookie|domain|write\w*|location|body|forms|links|images|head|title|url|referrer|implementation|getelement\w*|queryselector\w*|createelement|execcommand|open|close|evaluate|addeventlistener)\b|\[)|\bwindow\s*(?:\.\s*(?:location|open|name|document|onload|onerror|alert|eval|parent|top|atob|history|print|self)\b|\[)|\b(?:self|top|this|parent|frames|globalthis)\s{0,16}\[\s{0,16}(?:["'`/\\]|[\w+]{1,24}\])|\blocation\s*\.\s*(?:hash|href|replace|assign|search)|\.\s*(?:inner|outer)html\b|\b(?:local|session)storage\s*[.[]|insertadjacenthtml|\.\s*parentnode\b|\bappendchild\s*\(/i,
    except: ['xml']
  },
  {
    // Calls that show that script ran, or make it run later.
    id: 'xss-call',
    reach: 'string',
    wholeOnly: true,
    literals: [
      'alert',
      'confirm',
      'prompt',
      'settimeout',
      'setinterval',
      'eval',
      'fetch',
      'atob',
      'onerror',
      'fromcharcode',
      'import',
      'btoa'
    ],
    test: /(?:^|[^\w.])(?:alert|confirm|prompt)(?:\(|`|\s{1,4}\(\s*(?:[^a-z\s]|document|window|top|self|this)|\s{0,4}\.\s*(?:call|apply|bind))|(?:^|[^\w])(?:setTimeout|setInterval|setImmediate|requestAnimationFrame)\s*\(|\b(?:atob|btoa)\s*\(|\b(?:eval|alert|confirm|prompt)\s{0,4}(?:\{|\(\s*["'`\d)])|\beval\([\w$.]{1,48}\)|\bimport\(\s*["'`/]|\bfetch\s*\(\s*["'`/]|\bonerror\s*=|[[(]\s*["'`]?alert["'`]?\s*[\])]/i
  },
  {
    // Script without letters.
    id: 'xss-letterless-script',
    reach: 'string',
    literals: ['![]', '+[]', ' []', '[][', '(!!', '[+!', '$=~', '~[]'],
    test: /!!?\[\]\s*\+\s*(?:\[\]|!)|\(!{1,2}\[\][+ ]{1,2}\[\]\)|\[\]\[\(|\+!\+\[\]|\[\s?[+!]{0,2}\s?\[\]\]|\$\s*=\s*~\s*\[\]/
  },
  {
    // Markup in encodings that browsers once guessed: UTF-7, US-ASCII with the high bit set.
    id: 'xss-guessed-encoding',
    reach: 'parameter',
    literals: ['+ad', '\\xbc', '\\xbe', 'script', '(', '/'],
    test: /\+ADw-|\+AD4-|\+ACI-|(?:\xbc|\xd0\xbc)\/?[a-z][\s\S]{0,64}(?:\xbe|\xd0\xbe)|\xbc[^\xbe>]{0,64}[\xbe>]|<[^\xbe]{1,64}\xbe/i,
    except: ['header', 'cookie']
  },
  {
    // Methods that run a function without parentheses: `[].sort.call`alert``.
    id: 'xss-call-without-parentheses',
    reach: 'string',
    wholeOnly: true,
    literals: ['.call', '.apply', '.bind', '`', 'onerror=', 'throw'],
    test: /\.\s*(?:sort|find(?:index)?|map|foreach|filter|some|every|reduce(?:right)?|concat|join|from|constructor|replace|\w{2,12})\s*\.\s*(?:call|apply|bind)\s*[`(]|\b(?:alert|confirm|prompt|eval|settimeout|setinterval|constructor)\s*`|\bthrow\s+onerror|\bonerror\s*=\s*(?:alert|eval)\s*;\s*throw/i,
    except: ['text']
  },
  {
    // Comments and character data that open or close markup.
    id: 'xss-markup-comment',
    reach: 'string',
    wholeOnly: true,
    literals: ['<!--', '-->', '<![cdata['],
    test: /<!--(?!\s*(?:more|nextpage))|--!?>|<!\[cdata\[/i,
    except: ['xml', 'header']
  },
  {
    // A quote, `in` or a bracket, and an assignment: what browsers' filters knew as an injection into script.
    id: 'xss-script-breakout',
    reach: 'string',
    wholeOnly: true,
    literals: ['"', "'"],
    test: /["'][ ]*(?:(?:[^a-z0-9~_:'" ])|in\b)[ ]*[^=\n]{0,48}?(?:location|name|onerror|valueof|innerhtml|href|cookie)\s*=|["']\s*[-+;*/^]\s*(?:alert|confirm|prompt|eval|window|self|top|document|this|fetch|setTimeout|import)\b\s*[([.`]|["']\s*\)?\s*[;}]\s*(?:alert|confirm|prompt|eval|document|window|fetch)\b/i,
    except: ['xml']
  },
  {
    // Conversions that run a method: `valueOf=`, `toString=`.
    id: 'xss-conversion-method',
    reach: 'string',
    literals: ['valueof', 'tostring', '__definegetter__', '__definesetter__'],
    test: /["'{,;\s(](?:valueOf|toString)\s*[=:]|__define[GS]etter__/
  },
  {
    // A brace pair of a client-side template that reaches a constructor.
    id: 'xss-client-template',
    reach: 'string',
    literals: ['{{'],
    test: /\{\{[^}]{0,128}(?:constructor|\$on|\$eval|toString|\balert|\$\$|prototype)\b/
  },
  {
    // Attributes that a broken-out quote adds.
    id: 'xss-attribute-breakout',
    reach: 'string',
    wholeOnly: true,
    literals: ['"', "'", '>'],
    test: /^[^<>"']{0,64}["']\s*>\s*<[a-z!/]|^[^<>]{0,96}["'][\s/]{1,4}(?:style|autofocus|src|href|formaction|accesskey|srcdoc)\s*=/i,
    except: ['header']
  }
]
