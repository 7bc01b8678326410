#include "cli/plain_text.h"

void plain_text(const char *from, char *text, size_t size)
{
    size_t i = 0;
    for (; from[i] != '\0' && i < size - 1; i++)
        text[i] = from[i] >= 0x20 && from[i] < 0x7f ? from[i] : '?';
    text[i] = '\0';
    if (from[i] != '\0') text[size - 2] = '~';
}
