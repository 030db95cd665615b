/*
 * Reads requests from the standard input, hands each to ModSecurity, and answers each with a line: the status that
 * ModSecurity wants to stop the request with, or 200, and the microseconds of CPU that it took.
 *
 * A string is its length as 32 bits, little-endian, and its bytes. A request is five things in turn: method, target,
 * number of headers (32 bits), a name and a value for each header, body. The program ends with the input.
 */
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_HEADERS 100

typedef struct {
  uint32_t length;
  unsigned char *bytes; /* owned, with a zero behind the last byte */
} string;

typedef struct {
  string method, target, names[MOST_HEADERS], values[MOST_HEADERS], body;
  uint32_t headers;
} request;

static void fail(const char *reason) {
  fprintf(stderr, "%s\n", reason);
  exit(1);
}

static int read_number(uint32_t *number) {
  unsigned char bytes[4];
  if (fread(bytes, 1, 4, stdin) != 4) return 0;
  *number = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
  return 1;
}

static int read_string(string *read) {
  if (!read_number(&read->length)) return 0;
  read->bytes = malloc((size_t)read->length + 1);
  if (read->bytes == NULL) fail("no memory for a request");
  if (fread(read->bytes, 1, read->length, stdin) != read->length) fail("the input ends within a string");
  read->bytes[read->length] = 0;
  return 1;
}

static int read_request(request *read) {
  if (!read_string(&read->method)) return 0;
  if (!read_string(&read->target) || !read_number(&read->headers)) fail("the input ends within a request");
  if (read->headers > MOST_HEADERS) fail("a request has more headers than this program holds");
  for (uint32_t index = 0; index < read->headers; index += 1) {
    if (!read_string(&read->names[index]) || !read_string(&read->values[index])) fail("the input ends within a header");
  }
  if (!read_string(&read->body)) fail("the input ends before a body");
  return 1;
}

static void free_request(request *read) {
  free(read->method.bytes);
  free(read->target.bytes);
  for (uint32_t index = 0; index < read->headers; index += 1) {
    free(read->names[index].bytes);
    free(read->values[index].bytes);
  }
  free(read->body.bytes);
}

/* The status of the intervention, if there is one; else `before`. */
static int status_after(Transaction *transaction, int before) {
  ModSecurityIntervention intervention = {200, 0, NULL, NULL, 0};
  if (!msc_intervention(transaction, &intervention)) return before;
  free(intervention.url);
  free(intervention.log);
  return intervention.disruptive && before == 200 ? intervention.status : before;
}

/* As a server's connector does, up to the point where the server would pass the request on. */
static int inspect(ModSecurity *engine, RulesSet *rules, const request *read) {
  Transaction *transaction = msc_new_transaction(engine, rules, NULL);
  int status = 200;
  msc_process_connection(transaction, "192.0.2.1", 40000, "192.0.2.2", 80);
  msc_process_uri(transaction, (const char *)read->target.bytes, (const char *)read->method.bytes, "1.1");
  for (uint32_t index = 0; index < read->headers; index += 1) {
    const string *name = &read->names[index], *value = &read->values[index];
    msc_add_n_request_header(transaction, name->bytes, name->length, value->bytes, value->length);
  }
  msc_process_request_headers(transaction);
  status = status_after(transaction, status);
  if (read->body.length > 0) msc_append_request_body(transaction, read->body.bytes, read->body.length);
  msc_process_request_body(transaction);
  status = status_after(transaction, status);
  msc_transaction_cleanup(transaction);
  return status;
}

static double cpu_microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void ignore_log(void *data, const void *message) {
  (void)data;
  (void)message;
}

int main(int count, char **parameters) {
  if (count != 3) fail("usage: inspect <file of rules> <paranoia level>");
  char level[200];
  snprintf(level, sizeof level, "SecAction \"id:100000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=%d\"", atoi(parameters[2]));
  ModSecurity *engine = msc_init();
  RulesSet *rules = msc_create_rules_set();
  const char *reason = NULL;
  msc_set_log_cb(engine, ignore_log);
  if (msc_rules_add(rules, level, &reason) < 0 || msc_rules_add_file(rules, parameters[1], &reason) < 0) fail(reason == NULL ? "the rules cannot be read" : reason);
  for (request read; read_request(&read); free_request(&read)) {
    double before = cpu_microseconds();
    int status = inspect(engine, rules, &read);
    printf("%d %.1f\n", status, cpu_microseconds() - before);
    fflush(stdout);
  }
  msc_rules_cleanup(rules);
  msc_cleanup(engine);
  return 0;
}
