// A random program against a shadow model of the arena: every live byte, every undo, every figure.
// Needs no more than standard C.
//
//     random_model [--steps N] [--seed S] [--bytes FILE] [--verbose]
//
// The seed is printed first; the same seed runs the same program. --bytes takes the decisions from
// a file instead, as a fuzzer makes them. The exit status is 1 if the arena and the model differ.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/model.h"

typedef struct Settings {
    unsigned long steps;
    uint32_t seed;
    const char *file;
    bool verbose;
} Settings;

static bool read_settings(Settings *settings, int count, char **words)
{
    for (int i = 1; i < count; i++) {
        bool has_value = i + 1 < count;
        if (strcmp(words[i], "--verbose") == 0)
            settings->verbose = true;
        else if (strcmp(words[i], "--steps") == 0 && has_value)
            settings->steps = strtoul(words[++i], NULL, 0);
        else if (strcmp(words[i], "--seed") == 0 && has_value)
            settings->seed = (uint32_t)strtoul(words[++i], NULL, 0);
        else if (strcmp(words[i], "--bytes") == 0 && has_value)
            settings->file = words[++i];
        else
            return false;
    }
    return true;
}

static unsigned char *read_bytes(const char *path, size_t *size)
{
    enum { MOST = 1 << 20 };
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = file ? malloc(MOST) : NULL;
    *size = bytes ? fread(bytes, 1, MOST, file) : 0;
    if (file)
        fclose(file);
    return bytes;
}

static int run(const Settings *settings, Choices *choices)
{
    Model *model = model_create(choices, settings->verbose ? stderr : NULL);
    if (!model)
        return 1;
    unsigned long step = 0;
    while (step < settings->steps && choices_are_left(choices) && model_step(model))
        step++;
    const char *mistake = model_finish(model);
    if (!mistake)
        return 0;
    printf("seed %lu, step %lu: %s\n", (unsigned long)settings->seed, step + 1, mistake);
    return 1;
}

int main(int count, char **words)
{
    Settings settings = {.steps = 100000, .seed = (uint32_t)time(NULL)};
    if (!read_settings(&settings, count, words)) {
        fputs("usage: random_model [--steps N] [--seed S] [--bytes FILE] [--verbose]\n", stderr);
        return 2;
    }
    size_t size = 0;
    unsigned char *bytes = settings.file ? read_bytes(settings.file, &size) : NULL;
    if (settings.file && !bytes) {
        perror(settings.file);
        return 2;
    }
    printf("seed %lu\n", (unsigned long)settings.seed);
    fflush(stdout);
    Choices choices = bytes ? choices_from_bytes(bytes, size) : choices_from_seed(settings.seed);
    int status = run(&settings, &choices);
    free(bytes);
    return status;
}
