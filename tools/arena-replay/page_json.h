// Texts in JSON that may stand in a script of HTML.

#ifndef REPLAY_PAGE_JSON_H
#define REPLAY_PAGE_JSON_H

#include <stdio.h>

// The text in quotes; of any bytes, it becomes valid UTF-8 without a <. What is longer than `most` bytes
// is cut, and ends with an ellipsis.
void json_put_text(FILE *out, const char *text, size_t most);

#endif
