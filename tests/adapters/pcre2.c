#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <arena/adapters/opaque.h>

#define LEAST_USED 1000 // a pattern, and the data of a match
#include "adapter.h"

static void work(Arena *arena, const char *bytes, size_t size)
{
    pcre2_general_context *general =
        arena ? pcre2_general_context_create(arena_opaque_last_alloc, arena_opaque_last_free, arena)
              : NULL;
    pcre2_compile_context *compiling = pcre2_compile_context_create(general);
    int error;
    size_t offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR) "\\b([A-Za-z_]\\w*)\\s*\\(([^()]*)\\)",
                                     PCRE2_ZERO_TERMINATED, 0, &error, &offset, compiling);
    check(code, "the pattern is good");
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, general);
    check(match, "there is room for matches");
    size_t found = 0;
    const size_t *ends = pcre2_get_ovector_pointer(match);
    for (size_t at = 0; pcre2_match(code, (PCRE2_SPTR)bytes, size, at, 0, match, NULL) > 0;
         at = ends[1], found++)
        printf("%.*s\n", (int)(ends[3] - ends[2]), bytes + ends[2]);
    check(found > 0, "there are matches");
    if (!arena) {
        pcre2_match_data_free(match);
        pcre2_code_free(code);
    }
    pcre2_compile_context_free(compiling);
    pcre2_general_context_free(general);
}
