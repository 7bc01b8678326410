#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

size_t utf8_length(const unsigned char *text)
{
    unsigned char lead = text[0];
    if (lead < 0x80) return 1;
    size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                    : (lead & 0xf0) == 0xe0        ? 3
                    : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                   : 0;
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < length; i++) {
        if (text[i] < low || text[i] > high) return 0;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

/* The surrogate at `text`, or 0. Reads no further than the first byte that is wrong. */
static uint32_t surrogate(const unsigned char *text)
{
    if (text[0] != 0xed || text[1] < 0xa0 || text[1] > 0xbf || (text[2] & 0xc0) != 0x80) return 0;
    return 0xd000U | (uint32_t)(text[1] & 0x3f) << 6 | (text[2] & 0x3f);
}

/* One character, into `to`; how many bytes of `text` it is made of. */
static size_t convert(const unsigned char *text, char to[5])
{
    const size_t length = utf8_length(text);
    memset(to, 0, 5);
    if (length > 0) {
        memcpy(to, text, length);
        return length;
    }
    const uint32_t high = surrogate(text), low = high ? surrogate(text + 3) : 0;
    if (high >= 0xd800 && high <= 0xdbff && low >= 0xdc00) {
        const uint32_t character = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        to[0] = (char)(0xf0 | character >> 18);
        to[1] = (char)(0x80 | (character >> 12 & 0x3f));
        to[2] = (char)(0x80 | (character >> 6 & 0x3f));
        to[3] = (char)(0x80 | (character & 0x3f));
        return 6;
    }
    memcpy(to, "\xef\xbf\xbd", 3);
    return high ? 3 : text[0] == 0xc0 && text[1] == 0x80 ? 2 : 1; /* C0 80 is Java's U+0000 */
}

void utf8_from_modified(const char *modified, char *text, size_t size)
{
    const unsigned char *from = (const unsigned char *)modified;
    char character[5];
    size_t length = 0;
    while (*from != '\0') {
        from += convert(from, character);
        const size_t added = strlen(character);
        if (length + added >= size) break;
        memcpy(text + length, character, added);
        length += added;
    }
    text[length] = '\0';
}
