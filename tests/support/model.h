// A random program over several arenas at once, against their shadows. Each step is one decision
// of a stream of choices, so a seed or a fuzzer's bytes can drive it.

#ifndef ARENA_TESTS_MODEL_H
#define ARENA_TESTS_MODEL_H

#include <stdbool.h>
#include <stdio.h>

#include "choices.h"

typedef struct Model Model;

// `log` is told of each step; NULL: nobody is. NULL if there is no memory.
Model *model_create(Choices *choices, FILE *log);

// One step. False from the first mistake on.
bool model_step(Model *model);

// Destroys every arena, checks that all memory came back, and frees the model. NULL, or a sentence
// that says what was wrong.
const char *model_finish(Model *model);

#endif
