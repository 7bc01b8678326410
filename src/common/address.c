#include "common/address.h"

#include "common/parse.h"

#include <string.h>

static bool is_host_byte(char byte, bool bracketed)
{
    const bool word = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                      (byte >= 'A' && byte <= 'Z') || byte == '.' || byte == '-' || byte == '_';
    return word || (bracketed && (byte == ':' || byte == '%'));
}

bool parse_address(const char *text, address_t *address)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon[1] < '0' || colon[1] > '9') return false;
    const char *host = text;
    size_t length = (size_t)(colon - text);
    const bool bracketed = length >= 2 && host[0] == '[' && host[length - 1] == ']';
    if (bracketed) {
        host++;
        length -= 2;
    }
    if (length == 0 || length >= ADDRESS_HOST_SIZE) return false;
    for (size_t i = 0; i < length; i++)
        if (!is_host_byte(host[i], bracketed)) return false;
    int64_t port;
    if (!parse_integer(colon + 1, &port) || port < 1 || port > 65535) return false;
    memcpy(address->host, host, length);
    address->host[length] = '\0';
    address->port = (int)port;
    return true;
}
