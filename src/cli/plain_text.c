#include "cli/plain_text.h"

#include "common/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static uint32_t code_point(const unsigned char *text, size_t length)
{
    uint32_t point = length == 1 ? text[0] : text[0] & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (text[i] & 0x3fU);
    return point;
}

/* Columns of a terminal; 0: better not printed, as controls, marks and what turns the direction of writing. Near enough. */
static size_t columns_of(uint32_t point)
{
    if (point < 0x20 || (point >= 0x7f && point <= 0xa0) || point == 0xad) return 0;
    if ((point >= 0x300 && point <= 0x36f) || (point >= 0x200b && point <= 0x206f) ||
        (point >= 0xd800 && point <= 0xf8ff) || (point >= 0xfe00 && point <= 0xfe0f) || point == 0xfeff)
        return 0;
    const bool wide = (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xd7a3) ||
                      (point >= 0xf900 && point <= 0xfaff) || (point >= 0xfe30 && point <= 0xfe6f) ||
                      (point >= 0xff00 && point <= 0xff60) || (point >= 0x1f300 && point <= 0x1faff) ||
                      (point >= 0x20000 && point <= 0x3ffff);
    return wide ? 2 : 1;
}

void plain_columns(const char *label, size_t columns, char *text)
{
    const unsigned char *from = (const unsigned char *)label;
    char *cut = text; /* where a column is left for the mark of what is cut off */
    size_t used = 0, used_at_cut = 0;
    while (*from != '\0') {
        const size_t length = utf8_length(from);
        size_t width = length > 0 ? columns_of(code_point(from, length)) : 0;
        const bool printable = width > 0;
        if (!printable) width = 1;
        if (used + width > columns) {
            text = cut;
            used = used_at_cut + 1;
            *text++ = '~';
            break;
        }
        if (printable)
            text = (char *)mempcpy(text, from, length);
        else
            *text++ = '?';
        used += width;
        from += length > 0 ? length : 1;
        if (used < columns) {
            cut = text;
            used_at_cut = used;
        }
    }
    for (; used < columns; used++)
        *text++ = ' ';
    *text = '\0';
}

void plain_text(const char *from, char *text, size_t size)
{
    const unsigned char *rest = (const unsigned char *)from;
    char *const end = text + size - 1;
    while (*rest != '\0') {
        const size_t length = utf8_length(rest);
        const bool printable = length > 0 && columns_of(code_point(rest, length)) > 0;
        const size_t needed = printable ? length : 1;
        if ((size_t)(end - text) < needed + 1) {
            *text++ = '~';
            break;
        }
        if (printable)
            text = (char *)mempcpy(text, rest, length);
        else
            *text++ = '?';
        rest += length > 0 ? length : 1;
    }
    *text = '\0';
}
