// Stands in for the page where that is not built.

#include "page.h"

#include <errno.h>

bool page_write(Trace *trace, FILE *out)
{
    (void)trace;
    (void)out;
    errno = ENOSYS;
    return false;
}
