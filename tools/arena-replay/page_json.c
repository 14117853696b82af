// How texts are written.

#include "page_json.h"

#include <stdbool.h>
#include <string.h>

// How many bytes the character of UTF-8 that `text` begins with takes; 0 if it is none.
static size_t character_length(const unsigned char *text)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = *text < 0x80 ? 1 : *text < 0xE0 ? 2 : *text < 0xF0 ? 3 : 4;
    if ((*text >= 0x80 && *text < 0xC0) || *text >= 0xF8)
        return 0;
    unsigned value = length == 1 ? *text : *text & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3Fu);
    }
    bool is_good =
        value >= least[length] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    return is_good ? length : 0;
}

static void put_character(FILE *out, const unsigned char *text, size_t length)
{
    if (length == 0)
        fputs("\\ufffd", out);
    else if (*text < 0x20 || *text == 0x7F || strchr("\"\\<>&", *text))
        fprintf(out, "\\u%04x", *text);
    else
        fwrite(text, 1, length, out);
}

void json_put_text(FILE *out, const char *text, size_t most)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + most;
    fputc('"', out);
    while (*at) {
        size_t length = character_length(at);
        size_t step = length > 0 ? length : 1;
        if (at + step > end) {
            fputs("\\u2026", out);
            break;
        }
        put_character(out, at, length);
        at += step;
    }
    fputc('"', out);
}
