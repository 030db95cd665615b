import type { Rule } from '../rule.js'

/** Functions and properties that scripts of an attack call or read. */
const SINKS =
  'alert|confirm|prompt|eval|fetch|import|document|window|location|top|self|parent|frames|globalthis|settimeout|setinterval|string\\.fromcharcode|xmlhttprequest|console|javascript|new\\s+image|\\$\\.get|navigator|atob|open|print|throw'

/** Markup that an editor writes: an element of prose with attributes that neither load nor run, and links and images of the web. */
const EDITED =
  '(?:p|div|span|h[1-6]|[uod]l|li|dt|dd|a|img|table|t[rdh]|thead|tbody|strong|em|blockquote|code|pre|figure|figcaption|section|article)' +
  '(?:\\s+(?:(?:class|id|name|title|alt|lang|dir|width|height|align|valign|colspan|rowspan|border|rel|target|start|role|loading|data-[a-z-]{1,24}|aria-[a-z]{1,16})=(?:"[^"<>]{0,200}"|[\\w%-]{1,24}(?=[\\s>]))' +
  '|href="(?:https?://|/(?!/)|#|mailto:|tel:)[^"<>\\s]{0,300}"|src="(?:https?://[^"<>\\s]{1,300}|/?\\w[^"<>\\s:]{0,300})"|style="[a-z0-9 :;#%,.-]{0,200}")){1,12}\\s?/?>'

/** A script, a call or a closing tag stands somewhere in the text. */
const TELLING = '(?:(?=[\\s\\S]*(?:script|[(/]))|(?<=(?:script|[(/])[\\s\\S]*))'

export const XSS_RULES: readonly Rule[] = [
  {
    id: 'xss-script-element',
    why: 'A script element, with whatever namespace or blank in it.',
    reach: 'string',
    test: /<[\s/]{0,16}(?:\w{1,16}\s*:\s*)?script\b|\bscript[\s/]*>|[\xbc]\/?script|\bscript\xbe/i,
    finds: '<script>x</script>',
    leaves: 'scripts'
  },
  {
    id: 'xss-script-runs',
    why: 'A script element that does something at once, in a string.',
    reach: 'field',
    test: new RegExp(
      `<script[^<>]{0,200}>[^<]{0,60}\\b(?:${SINKS})\\b\\s*(?:\\(|\\.|\\[|=)|["']\\s*\\/?>\\s*<script|^<script[^<>]{0,128}\\bsrc\\s*=\\s*["']?(?:https?:)?\\/\\/`,
      'i'
    ),
    finds: '<script>alert(1)</script>',
    leaves: '<script of it'
  },
  {
    id: 'xss-event-handler',
    why: 'An event handler in a tag, or after a quote that it broke out of, or alone.',
    reach: 'parameter',
    except: ['xml', 'name'],
    test: /<[a-z!/?][^>]{0,200}[\s/"'`]on[a-z]{3,25}[\s/]{0,8}=|["'][\s/]{0,8}on[a-z]{4,25}\s{0,8}=(?!=)|["'`/;=(]\s?(?!on(?:line|ce|ly|going)\b)on[a-z]{4,25}[\s/]{0,8}=(?!=)|(?:["'`\s/;=,(\d]|^)on(?:abort|activate|after\w{3,12}|animation\w{3,12}|aux\w+|before\w{3,16}|begin|blur|bounce|broadcast|can\w+|cell\w+|change|click|close|context\w+|control\w+|copy|cue\w+|cut|data\w+|dbl\w+|deactivate|device\w+|drag\w*|drop|duration\w*|emptied|end(?:ed)?|error\w*|exit|fetch|filter\w+|finish|focus\w*|form\w+|full\w+|gamepad\w+|gesture\w+|got\w+|hash\w+|help|input|invalid|key\w+|layout\w+|load\w*|lose\w+|lost\w+|media\w+|message\w*|motion\w*|mouse\w+|move\w*|mute|offline|online|orientation\w+|out\w+|overflow\w*|page\w+|paste|pause|play\w*|pointer\w+|popstate|progress|property\w+|rate\w+|ready\w+|receive\w+|redo|repeat|request\w+|reset|resize\w*|reverse|row\w+|scroll\w*|search|seek\w+|select\w*|show|stalled|start|stop|storage|submit|suspend|sync\w+|time\w*|toggle|touch\w+|transition\w+|undo|unload|url\w+|user\w+|volume\w+|wait\w+|webkit\w+|wheel|zoom)[\s/]{0,8}=(?!=)/i,
    finds: '<svg/onload=x>',
    leaves: 'coupon'
  },
  {
    id: 'xss-handler-runs',
    why: 'A handler that calls something, in a string.',
    reach: 'field',
    test: new RegExp(
      `(?:<[a-z][^>]{0,200}[\\s/"']|["']\\s{0,8})on[a-z]{3,24}\\s{0,8}=\\s{0,8}["'\`]?\\s{0,8}(?:${SINKS})\\b\\s{0,8}(?:\\(|\\.|\\[|\`|=|:)|<(?:img|svg|body|video|audio|input|details|marquee|iframe|object)\\b[\\s/]{0,4}[^>]{0,32}\\bon[a-z]{3,24}=[a-z]+\\(`,
      'i'
    ),
    finds: '<x onclick=alert(1)>y',
    leaves:
      '<html><head><base href="/docs/"></head><body><svg width="10" height="10"><path d="M0 0L10 10"/></svg><img src="a.png" onerror="this.remove()" alt=""></body></html>'
  },
  {
    id: 'xss-script-scheme',
    why: 'A scheme that runs script, with blanks and entities between its letters.',
    reach: 'parameter',
    except: ['xml'],
    test: /(?:^|[\s"'`=(<>,;{}:/\\])(?:j[^\w(]{0,8}a[^\w(]{0,8}v[^\w(]{0,8}a[^\w(]{0,8}s[^\w(]{0,8}c[^\w(]{0,8}r[^\w(]{0,8}i[^\w(]{0,8}p[^\w(]{0,8}t|v[^\w(]{0,8}b[^\w(]{0,8}s[^\w(]{0,8}c[^\w(]{0,8}r[^\w(]{0,8}i[^\w(]{0,8}p[^\w(]{0,8}t|livescript|mocha)[^\w(]{0,8}:(?!\s+[a-z]+\s+[a-z])/i,
    finds: 'javascript:x()',
    leaves: 'object'
  },
  {
    id: 'xss-script-scheme-in-string',
    why: 'The same as the whole of a string, or in a link of it.',
    reach: 'field',
    except: ['text'],
    test: new RegExp(
      `^\\s*(?:javascript|vbscript)\\s*:(?!\\s+[\\w-]+(?:[\\s,.!?]|$))\\s*\\S|(?:href|src|action|data|url)\\s{0,8}[=(]\\s{0,8}["']?\\s{0,8}javascript:\\s*(?:${SINKS})\\b|^javascript\\s*&`,
      'i'
    ),
    finds: 'javascript:x()',
    leaves: '/repo/file.javascript'
  },
  {
    id: 'xss-loading-element',
    why: 'Elements that load, embed, restyle or redirect.',
    reach: 'parameter',
    test: new RegExp(
      `<(?!${EDITED})[\\s/]{0,8}(?:\\w{1,12}:)?(?:iframe|frameset?|object|embed|applet|base|meta|link|style|svg|math|isindex|bgsound|layer|ilayer|form|input|button|textarea|select|video|audio|source|img|image|body|html|xml|xss|marquee|details|template|portal|keygen|vmlframe|xml-stylesheet|animate\\w*|set|foreignobject|noscript|plaintext|listing|xmp|blink|table|td|div|p|a|b|i|x|span)(?:[\\s/][^<>]{0,240})?(?:on\\w{3,24}\\s*=|style\\s*=|src(?:doc|set)?\\s*/?=|href\\s*/?=(?!["']?(?:https?://|/|#|mailto:)[^"'<>]{0,200}["']?\\s*>)|data\\s*=|action\\s*=|xlink|background\\s*=|formaction|http-equiv|content\\s*=|\\bcode\\s*=|attributename)|<\\s*(?:iframe|object|embed|applet|base|meta|svg|math|isindex|bgsound|layer|frameset|style|xss|marquee|portal|foreignobject)\\b[\\s/>]|<\\s*(?:iframe|svg|img|style)\\s*>`,
      'i'
    ),
    finds: '<svg/onload=x>',
    leaves: 'a < b > c'
  },
  {
    id: 'xss-unusual-element',
    why: 'Elements that no comment needs for its shape.',
    reach: 'parameter',
    except: ['header', 'xml'],
    leavesProse: true,
    test: /<\/?(?:area|basefont|blackface|body|button|canvas|comment|dialog|dir|fieldset|fn|form|head|html|input|keygen|layer|limittext|link|listing|map|menu|meta|multicol|noembed|noframes|noscript|nosmartquotes|optgroup|option|param|select|server|shadow|sidebar|slot|spacer|style|svg|t(?:extarea|itle|emplate)|var|video|audio|xml|xmp)(?:[\s/>]|$)/gi,
    finds: '<svg/onload=x>',
    leaves: 'a < b > c'
  },
  {
    id: 'xss-loading-attribute',
    why: 'Attributes that carry addresses, styles or pages, wherever a tag may have been begun.',
    reach: 'parameter',
    except: ['header'],
    test: /(?:^|[\s"'`/<>;])(?:src(?!="(?:https?:\/\/[^"<>\s]{1,300}|\/?\w[^"<>\s:]{0,300})")(?:doc|set)?|href(?!=["']?(?:https?:\/\/|\/\w|#|mailto:))|xlink:href|xml:base|formaction|style(?!="[a-z0-9 :;#%,.-]{0,200}")|xmlns(?::\w{1,16})?|data(?:src|fld|formatas)|dynsrc|lowsrc|http-equiv)=\s{0,8}["'`]?[\w/:&#.\\(%]|\bdata:\s{0,8}text\/html|(?<!\bdata:(?:image\/(?!svg)|font|audio|video)[\w.+/-]{0,24});\s{0,8}base64\s{0,8},|<!entity\b|\btext\/html\s*[;,](?!\s?charset)/i,
    finds: '" src=//x.example',
    leaves: './src/*'
  },
  {
    id: 'xss-import-instruction',
    why: 'Processing instructions that import, of old browsers.',
    reach: 'string',
    except: ['xml'],
    test: /<\?import\b|\bimplementation\s*=|@i\\?m\\?p?\\?ort\b|@import\b\s*['"u]/i,
    finds: '<style>@import "//evil.example/x.css"</style>',
    leaves: 'an implementation of it'
  },
  {
    id: 'xss-style-script',
    why: 'Styles that run script.',
    reach: 'string',
    wholeOnly: true,
    test: /\bexpression\s{0,8}\((?![a-z]+\)$)|-moz-binding|\bbehaviou?r\s{0,8}:\s{0,8}url|url\s{0,8}\(\s{0,8}["']?\s{0,8}(?:javascript|vbscript|data:text)|\bstyle\s{0,8}=[^>]{0,64}(?:javascript|@import)/i,
    finds: '<p style="width:expression(alert(1))">',
    leaves: 'style = life'
  },
  {
    id: 'xss-external-entity',
    why: 'External entities.',
    reach: 'field',
    except: ['xml'],
    test: /<!entity\s+(?:%\s*)?[\w.:-]{1,64}\s+(?:system|public)\b|<!doctype\s+[\w.:-]{1,64}\s*\[|<!doctype\s+[\w.:-]{1,64}\s+system\b|xsi:(?:noNamespace)?schemaLocation\s*=\s*["']\s*https?:/i,
    finds: '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>',
    leaves: '<!doctype html><title>Redirect</title><meta http-equiv="refresh" content="0; url=https://example.com/"><p>Moved.</p>'
  },
  {
    id: 'xss-external-entity-in-document',
    why: 'External entities in a whole XML body.',
    reach: 'document',
    only: ['text', 'xml', 'value'],
    literals: '<!entity',
    test: /<!entity\s+(?:%\s*)?[\w.:-]{1,64}\s+system\s+["'](?:file|https?|php|ftp|expect|gopher|jar|netdoc):/i,
    finds: '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>',
    leaves: '<!ENTITY a "b">'
  },
  {
    id: 'xss-page-object',
    why: 'Properties and methods of the page.',
    reach: 'string',
    except: ['xml'],
    leavesProse: true,
    test: /\bdocument\s*(?:\.\s*(?:cookie|domain|write\w*|location|body|forms|links|images|head|title|url|referrer|implementation|getelement\w*|queryselector\w*|createelement|execcommand|open|close|evaluate|addeventlistener)\b|\[)|\bwindow\s*(?:\.\s*(?:location|open|name|document|onload|onerror|alert|eval|parent|top|atob|history|print|self)\b|\[)|\b(?:self|top|this|parent|frames|globalthis)\s{0,16}\[\s{0,16}(?:["'`/\\]|(?![a-z]{1,12}\])[\w+]{1,24}\])|\blocation\s*\.\s*(?:hash|href|replace|assign|search)|\.\s*(?:inner|outer)html\b|\b(?:local|session)storage\s*[.[]|insertadjacenthtml|\.\s*parentnode\b|\bappendchild\s*\(|\b(?:opener|parent|top|window)\s*\.\s*(?:postmessage\s*\(|location\b)|\bhistory\s*\.\s*(?:push|replace)state\s*\(|\$\.(?:getscript|globaleval)\s*\(|\btrustedtypes\s*\.|\bobject\.defineproperty\s*\(\s*(?:window|document|self)|(?:^|[;,=])\s*[a-z]\s*=\s*(?:alert|eval|confirm|prompt)\s*[,;]|^location\s*=\s*\w/gi,
    finds: 'document.cookie',
    leaves: 'this; that'
  },
  {
    id: 'xss-call',
    why: 'Calls that show that script ran, or make it run later.',
    reach: 'string',
    wholeOnly: true,
    leavesProse: true,
    test: /(?:^|[^\w.])(?:alert|confirm|prompt)(?:\(|`|\s{1,4}\(\s*(?:[^a-z\s]|document|window|top|self|this)|\s{0,4}\.\s*(?:call|apply|bind))|(?:^|[^\w])(?:setTimeout|setInterval|setImmediate|requestAnimationFrame)\s*\(|\b(?:atob|btoa)\s*\(|\b(?:eval|alert|confirm|prompt)\s{0,4}(?:\{|\(\s*["'`\d)])|\beval\([\w$.]{1,48}\)|\bimport\(\s*["'`/]|\bfetch\s*\(\s*["'`/]|\bonerror\s*=|[[(]\s*["'`]?alert["'`]?\s*[\])]/gi,
    finds: 'alert(1)',
    leaves: 'cheval(blanc)'
  },
  {
    id: 'xss-letterless-script',
    why: 'Script without letters.',
    reach: 'string',
    test: /!!?\[\]\s*\+\s*(?:\[\]|!)|\(!{1,2}\[\][+ ]{1,2}\[\]\)|\[\]\[\(|\+!\+\[\]|\[\s?[+!]{0,2}\s?\[\]\]|\$\s*=\s*~\s*\[\]/,
    finds: '[+!+[]]',
    leaves: 'a[i] [] b'
  },
  {
    id: 'xss-guessed-encoding',
    why: 'Markup in encodings that browsers once guessed: UTF-7, US-ASCII with the high bit set.',
    reach: 'parameter',
    except: ['string', 'header', 'cookie'],
    test: new RegExp(
      `\\+ADw-|\\+AD4-|\\+ACI-|(?:(?:(?<![\\xc3-\\xf4]|[\\xe0-\\xf4][\\x80-\\xbf])\\xbc|\\xd0\\xbc)\\/?[a-z][\\s\\S]{0,64}(?:\\xbe|\\xd0\\xbe)|(?<![\\xc3-\\xf4]|[\\xe0-\\xf4][\\x80-\\xbf])\\xbc[^\\xbe>]{0,64}[\\xbe>]|<[^\\xbe]{1,64}(?<![\\xc3-\\xf4]|[\\xe0-\\xf4][\\x80-\\xbf])\\xbe)${TELLING}`,
      'i'
    ),
    finds: '+ADw-script+AD4-',
    leaves: '/pages'
  },
  {
    id: 'xss-markup-comment',
    why: 'Comments and character data that open or close markup.',
    reach: 'string',
    except: ['xml', 'header'],
    wholeOnly: true,
    test: /<!--(?!\s?\/?[a-z][\w\s:"{},.#/-]{0,96}-->|\s*(?:more|nextpage))|(?<!<!--\s?\/?[a-z][\w\s:"{},.#/-]{0,96})--!?>|<!\[cdata\[/i,
    finds: '<!-- x',
    leaves: '<!--more'
  },
  {
    id: 'xss-conversion-method',
    why: 'Conversions that run a method: `valueOf=`, `toString=`.',
    reach: 'string',
    test: /["'{,;\s(](?:valueOf|toString)\s*[=:]|__define[GS]etter__/,
    finds: '{valueOf:alert',
    leaves: 'the valueOf method'
  }
]
