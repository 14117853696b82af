// The page that shows a trace: one file of HTML.

#ifndef REPLAY_PAGE_H
#define REPLAY_PAGE_H

#include "trace.h"

#include <stdio.h>

// False, with errno, if it cannot be written.
bool page_write(Trace *trace, FILE *out);

#endif
