/** PHP functions that have no other meaning; a call of one is telling wherever it stands in a parameter. */
export const PHP_DISTINCT_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'array_diff_uassoc array_diff_ukey array_filter array_intersect_uassoc array_map array_reduce array_udiff array_walk array_key_exists array_search array_rand assert assert_options ' +
    'base64_decode base64_encode base_convert bin2hex bzopen call_user_func call_user_func_array call_user_method chgrp chown chroot class_exists ' +
    'convert_uuencode convert_uudecode create_function curl_exec curl_init curl_file_create curl_multi_exec curl_setopt dechex dbase_open dbmopen debug_backtrace disk_free_space disk_total_space dl ' +
    'error_log error_reporting escapeshellarg escapeshellcmd eval_r exif_imagetype exif_read_data exif_thumbnail fgetc fgets fgetss file_exists file_get_contents file_put_contents ' +
    'fileatime filectime filegroup fileinode filemtime fileowner fileperms filesize filter_input filter_var finfo_open fopen fpassthru fputcsv fputs fread fscanf fsockopen ftok fwrite ' +
    'ftp_connect ftp_exec ftp_get ftp_login ftp_nb_fput ftp_put func_get_args function_exists get_cfg_var get_current_user get_defined_constants get_defined_functions get_defined_vars get_include_path getallheaders getenv gethostbyname getimagesize getlastmod getmyuid getmyinode getmypid getopt getservbyname gzcompress gzdecode gzdeflate gzencode gzfile gzinflate gzopen gzpassthru gzread gzuncompress gzwrite ' +
    'header_register_callback hex2bin highlight_file highlight_string hash_hmac html_entity_decode htmlentities htmlspecialchars htmlspecialchars_decode iconv imagecreatefromgif imagecreatefromjpeg imagecreatefrompng imagecreatefromwbmp imagegif imagejpeg imagepng include_once ini_get ini_get_all ini_restore ini_set ' +
    'is_a is_array is_callable is_dir is_executable is_file is_int is_null is_numeric is_object is_readable is_resource is_string is_uploaded_file is_writable is_writeable iptcembed json_decode json_encode ldap_bind lcfirst mb_ereg_replace mb_strpos mb_send_mail md5_file method_exists mkdir_r move_uploaded_file mysqli_query mysql_query mysql_connect ' +
    'ob_clean ob_end_clean ob_get_contents ob_start odbc_connect odbc_exec odbc_execute odbc_result odbc_connection_string_should_quote opcache_get_status opendir openlog parse_ini_file parse_ini_string parse_str passthru pathinfo pcntl_exec pcntl_fork pcntl_signal pg_connect pg_execute pg_query pfsockopen php_strip_whitespace php_uname phpinfo phpversion popen posix_getpwuid posix_kill posix_mkfifo posix_setuid posix_ttyname posix_getegid posix_geteuid posix_getuid preg_match preg_match_all preg_quote preg_replace preg_replace_callback preg_split print_r proc_close proc_get_status proc_nice proc_open proc_terminate putenv ' +
    'rawurldecode rawurlencode readdir readfile readgzfile readline_add_history readlink realpath register_shutdown_function register_tick_function require_once rtrim scandir session_start set_error_handler set_exception_handler set_include_path set_magic_quotes_runtime setcookie setlocale shell_exec shmop_open show_source simplexml_load_file simplexml_load_string socket_connect socket_create spl_autoload_register spl_autoload str_ireplace str_repeat str_replace str_rot13 stream_context_create stream_get_contents stream_socket_client strip_tags stripcslashes stripslashes strncmp strrev strtolower strtoupper strtr strval substr_count substr_replace symlink sys_get_temp_dir syslog system tempnam tmpfile token_get_all uasort ucwords uksort unserialize urldecode urlencode usleep usort var_dump var_export virtual vsprintf wp_remote_get zend_version zip_open zlib_decode'
  ).split(' ')
)

/** PHP functions that are also words; their call counts when it stands alone or has a PHP-like argument. */
export const PHP_WORD_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'abs acos array arsort asin asort atan basename ceil chdir chmod chop chr clearstatcache close compact copy cos count crypt current date define delete die dir dirname each echo empty end eval exec exit exp explode extract ' +
    'fclose feof fflush file floor flock flush fmod ftruncate glob hash header idate implode include isset join key ksort lchown link list log ltrim mail main max md5 min mkdir natsort next open ord pack pclose pi pos pow prev print printf rand random_int range ' +
    'rename require reset rewind rmdir round serialize settype sha1 shuffle sin sleep sort split sprintf sqrt srand stat strchr strcmp strlen strpos strstr strtok strtotime substr tan time touch trim ucfirst umask uniqid unlink unpack unset usleep'
  ).split(' ')
)

/** Prefixes of PHP extensions: any call of `prefix_something` is PHP. */
export const PHP_FUNCTION_PREFIX =
  /^(?:array|base64|bz|curl|dba|exif|fdf|file|filter|finfo|ftp|func|get|gz|ibase|iconv|image|imap|ini|is|json|ldap|mb|mcrypt|mhash|msg|mysqli?|ob|oci|odbc|opcache|openssl|password|pcntl|pg|php|posix|preg|proc|pspell|readline|register|session|set|shm|shmop|simplexml|snmp|socket|sodium|spl|sqlite|sqlsrv|ssh2|stream|str|substr|token|var|wp|xml|xmlrpc|yaml|zip|zlib)_[a-z0-9_]{3,}$/
