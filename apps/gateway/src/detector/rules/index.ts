import type { KindRule } from '../rule.js'
import { ofKind } from '../rule.js'
import { CODE_RULES } from './code-injection.js'
import { COMMAND_RULES } from './commands/command-injection.js'
import { INTRUSION_RULES } from './commands/command-intrusion.js'
import { COMMAND_SYNTAX_RULES } from './commands/command-syntax.js'
import { HEADER_INJECTION_RULES } from './header-injection.js'
import { JAVA_RULES } from './java-injection.js'
import { LDAP_RULES } from './ldap-injection.js'
import { LONG_CODE_RULES, LONG_COMMAND_RULES, LONG_PATH_RULES, LONG_PHP_RULES, LONG_SQL_RULES, LONG_XSS_RULES } from './long-value.js'
import { PATH_RULES } from './path-traversal.js'
import { PHP_RULES } from './php-injection.js'
import { RECONNAISSANCE_RULES } from './reconnaissance.js'
import { REMOTE_FILE_RULES } from './remote-file.js'
import { SERVER_REQUEST_RULES } from './server-request.js'
import { SQL_RULES } from './sql-injection.js'
import { SQL_SHAPE_RULES } from './sql-shapes.js'
import { XSS_RULES } from './xss.js'

/** Every rule, by kind; a detector builds its automata from them once. */
export const RULES: readonly KindRule[] = [
  ...ofKind('path-traversal', PATH_RULES),
  ...ofKind('remote-file', REMOTE_FILE_RULES),
  ...ofKind('command-injection', COMMAND_RULES),
  ...ofKind('command-injection', COMMAND_SYNTAX_RULES),
  ...ofKind('command-injection', INTRUSION_RULES),
  ...ofKind('php-injection', PHP_RULES),
  ...ofKind('code-injection', CODE_RULES),
  ...ofKind('code-injection', SERVER_REQUEST_RULES),
  ...ofKind('xss', XSS_RULES),
  ...ofKind('sql-injection', SQL_RULES),
  ...ofKind('sql-injection', SQL_SHAPE_RULES),
  ...ofKind('java-injection', JAVA_RULES),
  ...ofKind('ldap-injection', LDAP_RULES),
  ...ofKind('crlf-injection', HEADER_INJECTION_RULES),
  ...ofKind('reconnaissance', RECONNAISSANCE_RULES),
  ...ofKind('path-traversal', LONG_PATH_RULES),
  ...ofKind('command-injection', LONG_COMMAND_RULES),
  ...ofKind('php-injection', LONG_PHP_RULES),
  ...ofKind('code-injection', LONG_CODE_RULES),
  ...ofKind('xss', LONG_XSS_RULES),
  ...ofKind('sql-injection', LONG_SQL_RULES)
]
