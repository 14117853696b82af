#include "alloc.h"

#include "../src/core/alloc.c"
