#include "sizes.h"
#include "../src/core/sizes.h"
