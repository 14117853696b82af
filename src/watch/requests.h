// Whether Valgrind can be asked anything: its headers are here and know this processor, and nobody has
// switched them off. For a processor that they do not know they define NVALGRIND themselves.

#ifndef ARENA_REQUESTS_H
#define ARENA_REQUESTS_H

#include "arena/compiler.h"

#if ARENA_HAS_VALGRIND
#include <valgrind/memcheck.h>
#endif

#if ARENA_HAS_VALGRIND && !defined(NVALGRIND)
#define ARENA_HAS_REQUESTS 1
#else
#define ARENA_HAS_REQUESTS 0
#endif

#endif
