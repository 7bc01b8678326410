#include "common/wrapped.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

enum { NARROWEST = 40 };

size_t wrapped_width(FILE *out, size_t most, size_t elsewhere)
{
    struct winsize size;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return elsewhere;
    if (size.ws_col < NARROWEST) return NARROWEST;
    return size.ws_col < most ? size.ws_col : most;
}

static bool stands_as_it_is(const char *line)
{
    return *line == ' ' || *line == '\n';
}

/* Of a word that is too long for any line as much as fits, up to a comma; where there is none all of it. */
static size_t part_of_word(const char *word, size_t length, size_t room)
{
    size_t part = length;
    while (part > room)
        for (part--; part > 0 && word[part - 1] != ',';)
            part--;
    return part > 0 ? part : length;
}

/* The words up to the end of the text or a line that stands as it is, which is returned. */
static const char *print_words(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
    bool first = true, space = false;
    while (*text != '\0') {
        const size_t room = width > indent ? width - indent : 0;
        const size_t length = part_of_word(text, strcspn(text, " \n"), room);
        if (!first && column + (space ? 1 : 0) + length > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (space) {
            fputc(' ', out);
            column++;
        }
        fprintf(out, "%.*s", (int)length, text);
        column += length;
        text += length;
        const char *word_end = text;
        text += strspn(text, " ");
        if (*text == '\n' && stands_as_it_is(++text)) return text;
        first = false;
        space = text > word_end;
    }
    return text;
}

void wrapped_print(FILE *out, const char *text, size_t column, size_t indent, size_t width)
{
    for (;;) {
        if (stands_as_it_is(text)) {
            const size_t length = strcspn(text, "\n");
            fprintf(out, "%.*s", (int)length, text);
            text += length + (text[length] == '\n');
        } else {
            text = print_words(out, text, column, indent, width);
        }
        if (*text == '\0') break;
        fprintf(out, "\n%*s", *text == '\n' ? 0 : (int)indent, "");
        column = indent;
    }
    fputc('\n', out);
}
