import type { Rule } from '../rule.js'

/** Sections of php.ini: every line in them is a setting. */
const SECTIONS =
  'apc|apd|axis2|bcompiler|blenc|crack|fbsql|geoip|hidef|htscanner|ifx|imagick|ingres|mailparse|memcache|mime_magic|msql|mssql|mysql|nsapi|sybase|sybct|uploadprogress|vld|wincache|assert|bcmath|cgi|cli|com|curl|date|dba|exif|fastcgi|ffi|filter|gd|highlight|iconv|ibase|imap|intl|ldap|mail|mbstring|mcrypt|memcached?|mysqli?|mysqlnd|newrelic|oci8|odbc|opcache|openssl|pcre|pdo_\\w{2,8}|pgsql|phar|phpdbg|readline|runkit|session|soap|sqlite3|suhosin|swoole|sysvshm|tidy|uopz|url_rewriter|user_ini|xdebug|xmlrpc|yaz|zend|zlib'

/** Settings outside any section. */
const NAMES = [
  'allow_call_time_pass_reference|always_populate_raw_post_data|asp_tags|define_syslog_variables|detect_unicode|exit_on_timeout|gpc_order|use_trans_sid|y2k_compliance|allow_url_(?:include|fopen)|arg_separator\\.\\w+|auto_(?:append_file|prepend_file|detect_line_endings|globals_jit)|browscap|default_(?:charset|mimetype|socket_timeout)',
  'disable_(?:functions|classes)|display_(?:startup_)?errors|docref_(?:ext|root)|enable_(?:dl|post_data_reading)|error_(?:prepend|append)_string|error_(?:log|reporting)',
  'expose_php|extension(?:_dir)?|file_uploads|hard_timeout|html_errors|ignore_(?:repeated_errors|repeated_source|user_abort)|implicit_flush|include_path|input_encoding|internal_encoding',
  'log_errors\\w*|magic_quotes_\\w+|max_(?:execution_time|file_uploads|input_(?:nesting_level|time|vars))|memory_limit|open_basedir|output_(?:buffering|encoding|handler)|post_max_size',
  'realpath_cache_(?:size|ttl)|register_(?:globals|argc_argv|long_arrays)|report_(?:memleaks|zend_debug)|request_order|safe_mode(?:_\\w+)?|sendmail_(?:from|path)|serialize_precision',
  'short_open_tag|smtp_port|sql\\.safe_mode|sys_temp_dir|track_errors|unserialize_(?:callback_func|max_depth)|upload_(?:max_filesize|tmp_dir)|user_dir|variables_order|xbithack|zend_extension'
].join('|')

/** PHP's settings, set from outside. */
export const PHP_SETTING_RULE: Rule = {
  id: 'php-setting',
  why: 'A setting of PHP, set from outside.',
  reach: 'string',
  test: new RegExp(`(?:^|[^\\w.-])(?:(?:${SECTIONS})\\.[a-z_]{2,48}|${NAMES})\\s*=(?!=)`, 'i'),
  finds: 'allow_url_include=1',
  leaves: 'on = off'
}
