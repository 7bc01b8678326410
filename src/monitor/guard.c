#include "monitor/guard.h"

#include "protocol/message.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* ":9877" */
static bool is_port_of(const char *text)
{
    if (text[0] != ':') return false;
    size_t digits = strspn(text + 1, "0123456789");
    return digits >= 1 && digits <= 5 && text[1 + digits] == '\0';
}

static bool is_loopback_number(const char *host, size_t length)
{
    char number[INET_ADDRSTRLEN];
    struct in_addr address;
    if (length >= sizeof number) return false;
    memcpy(number, host, length);
    number[length] = '\0';
    return inet_pton(AF_INET, number, &address) == 1 && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool guard_host_is_ours(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    const size_t number = strspn(host, "0123456789.");
    if (is_loopback_number(host, number)) return host[number] == '\0' || is_port_of(host + number);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(host, names[i], length) != 0) continue;
        if (host[length] == '\0' || is_port_of(host + length)) return true;
    }
    return false;
}

static bool is_same_origin(const guard_headers_t *headers)
{
    static const char scheme[] = "http://";
    size_t length = sizeof scheme - 1;
    return strncasecmp(headers->origin, scheme, length) == 0 &&
           strcasecmp(headers->origin + length, headers->host) == 0;
}

const char *guard_refusal(const guard_headers_t *headers)
{
    if (headers->host == NULL || !guard_host_is_ours(headers->host))
        return "this server answers for 127.0.0.1 and localhost only";
    if (headers->origin != NULL && !is_same_origin(headers)) return "pages of other origins are not answered";
    if (headers->fetch_site != NULL && strcmp(headers->fetch_site, "same-origin") != 0 &&
        strcmp(headers->fetch_site, "none") != 0)
        return "pages of other sites are not answered";
    return NULL;
}

const char *guard_change_refusal(const guard_headers_t *headers, const char *given_token, const char *token)
{
    const char *refusal = guard_refusal(headers);
    if (refusal != NULL) return refusal;
    if (headers->origin == NULL) return "a change needs an Origin header";
    if (token == NULL) return "nothing can be changed here";
    if (given_token == NULL) return "a change needs the token, in X-AdaptiveStream-Token";
    /* Brought to the length that token_equal() compares, whatever was sent. */
    char copy[PROTOCOL_TOKEN_SIZE] = {0};
    strncpy(copy, given_token, PROTOCOL_TOKEN_LENGTH);
    bool as_long = strlen(given_token) == PROTOCOL_TOKEN_LENGTH;
    return token_equal(copy, token) && as_long ? NULL : "this is not the token";
}
