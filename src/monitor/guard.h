/*
 * Who may ask what of the dashboard's server. Pure: headers in, verdict out.
 *
 * The server listens on the loopback interface alone, but a browser on this machine shows pages of others too: they must neither
 * read (a foreign name that is made to point to 127.0.0.1 comes with its own Host) nor change anything (Origin, and the token).
 */
#ifndef ADAPTIVESTREAM_MONITOR_GUARD_H
#define ADAPTIVESTREAM_MONITOR_GUARD_H

#include <stdbool.h>

/* Headers as they came; NULL where one is missing. */
typedef struct {
    const char *host;
    const char *origin;
    const char *fetch_site; /* Sec-Fetch-Site */
} guard_headers_t;

/* Whether `host` names this machine's loopback interface (localhost, [::1], a number of 127.*), with any port (a tunnel may have
 * another than ours). A number cannot be made to point elsewhere, as a name can. */
bool guard_host_is_ours(const char *host);

/* NULL when the request may be answered, else one sentence for the answer. */
const char *guard_refusal(const guard_headers_t *headers);

/* The same of one that changes something: the Origin is needed too, and the token. `token`: ours; NULL: nothing can be changed. */
const char *guard_change_refusal(const guard_headers_t *headers, const char *given_token, const char *token);

#endif
