// Gives each file of a corpus to a target, as the fuzzer would, with any compiler.
//
//     TARGET_replay DIRECTORY|FILE...
//
// Prints how many there were; fails if there were none, or one cannot be read.

#define _DEFAULT_SOURCE

#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

enum { LONGEST_PATH = 4096 };

static size_t files;

static bool give(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        size = (size_t)ftell(file);
        rewind(file);
        bytes = malloc(size + 1);
    }
    bool good = bytes && fread(bytes, 1, size, file) == size;
    if (file)
        fclose(file);
    if (good) {
        LLVMFuzzerTestOneInput(bytes, size);
        files++;
    } else {
        perror(path);
    }
    free(bytes);
    return good;
}

static bool give_all(const char *directory)
{
    DIR *entries = opendir(directory);
    bool good = entries != NULL;
    for (struct dirent *entry; good && (entry = readdir(entries));) {
        char path[LONGEST_PATH];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        good = give(path);
    }
    if (entries)
        closedir(entries);
    else
        perror(directory);
    return good;
}

int main(int count, char **words)
{
    bool good = true;
    for (int i = 1; i < count && good; i++) {
        struct stat status;
        bool is_directory = stat(words[i], &status) == 0 && S_ISDIR(status.st_mode);
        good = is_directory ? give_all(words[i]) : give(words[i]);
    }
    printf("%zu files\n", files);
    return good && files > 0 ? 0 : 1;
}
