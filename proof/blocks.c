#include "alloc.h"

#include "../src/core/blocks.c"
