import type { Rule } from '../rule.js'

export const LDAP_RULES: readonly Rule[] = [
  {
    id: 'ldap-filter-break',
    why: 'A value that closes a filter and opens another: `*)(uid=*`, `x)(|(a=b`.',
    reach: 'parameter',
    except: ['header', 'path', 'xml'],
    test: /\*\s?\)\s?\(|\)\s?\(\s?[|&!]\s?\(|\)\s?\(\w{1,32}(?:;\w{1,16})?[~<>:]?=[^()]{0,64}(?:\*|\)|$)|^[\w@.*-]{0,48}\*\)+(?:\0|%00)?$|\)\s?\([&|]\)|\*\(\)?\||\)\s?\(\|?\(?(?:objectclass|cn|uid|sn|mail)=/i,
    finds: '*)(uid=*))(|(uid=*',
    leaves: 'Phone (Renewed)(Gold)'
  },
  {
    id: 'ldap-filter',
    why: 'A filter as the whole value: `(&(uid=*)(mail=*))`, `(objectClass=*)`.',
    reach: 'parameter',
    except: ['header', 'path', 'xml'],
    test: /^\s*\(\s?[&|!]\s?\(\s?[\w.;-]{1,48}\s?[~<>:]?=|^\s*\(\s?(?:objectclass|cn|uid|sn|mail|samaccountname|userpassword|memberof)\s?[~<>:]?=/i,
    finds: '(&(uid=*)(mail=*))',
    leaves: '(&c. and so on)'
  }
]
