// The random program of tests/support/model.h, whose decisions are the bytes: six arenas of all kinds with
// containers, against a shadow that knows every live byte, every undo and every figure.

#include "fuzz.h"

#include "../tests/support/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    Choices choices = choices_from_bytes(bytes, size);
    Model *model = model_create(&choices, NULL);
    if (!model)
        return 0;
    while (choices_are_left(&choices) && model_step(model))
        continue;
    const char *mistake = model_finish(model);
    if (mistake)
        fprintf(stderr, "%s\n", mistake);
    CHECK(!mistake);
    return 0;
}
