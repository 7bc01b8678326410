#include "benchmark/suite_words.h"

#include "common/parse.h"

#include <stdio.h>
#include <string.h>

bool suite_words(const char *text, suite_word_t *set, void *context, char *error, size_t error_size)
{
    static const char blanks[] = " \t";
    char word[SUITE_TEXT_SIZE];
    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        const size_t length = strcspn(text, blanks);
        if (length >= sizeof word) {
            snprintf(error, error_size, "a word of more than %d bytes", SUITE_TEXT_SIZE - 1);
            return false;
        }
        memcpy(word, text, length);
        word[length] = '\0';
        text += length;
        char *equals = strchr(word, '=');
        if (equals) *equals = '\0';
        if (!set(context, word, equals ? equals + 1 : NULL, error, error_size)) return false;
    }
    return true;
}

bool suite_name_is_plain(const char *name)
{
    const size_t length = strlen(name);
    return length > 0 && length < SUITE_NAME_SIZE &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == length;
}

bool suite_refuse(const char *name, const char *value, const char *what, char *error, size_t error_size)
{
    snprintf(error, error_size, "%.40s%s%.80s: must be %s", name, value ? "=" : "", value ? value : "", what);
    return false;
}

bool suite_unknown(const char *kind, const char *name, const char *const *known, size_t count, char *error,
                   size_t error_size)
{
    const char *nearest = nearest_name(name, known, count);
    int length = snprintf(error, error_size, "unknown %s '%.40s'", kind, name);
    if (length < 0 || (size_t)length >= error_size) return false;
    if (nearest) {
        snprintf(error + length, error_size - (size_t)length, "; did you mean '%s'?", nearest);
        return false;
    }
    for (size_t i = 0; i < count && (size_t)length < error_size; i++)
        length += snprintf(error + length, error_size - (size_t)length, "%s %s", i == 0 ? "; known are" : ",",
                           known[i]);
    return false;
}
