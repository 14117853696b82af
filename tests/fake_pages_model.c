// The random program over fake pages: whatever the order of calls, the contract of the pages is
// kept.

#include "fake_pages.h"
#include "support/check.h"
#include "support/model.h"

static void run_program(uint32_t seed)
{
    Choices choices = choices_from_seed(seed);
    Model *model = model_create(&choices, NULL);
    assert_non_null(model);
    for (size_t step = 0; step < 8000 && model_step(model); step++)
        continue;
    const char *mistake = model_finish(model);
    if (mistake)
        fail_msg("seed %u: %s", (unsigned)seed, mistake);
    arena_cache_limit(0);
    if (fake_pages.mistake)
        fail_msg("seed %u: %s", (unsigned)seed, fake_pages.mistake);
    assert_int_equal(fake_pages.live_ranges, 0);
    assert_int_equal(fake_pages.committed, 0);
    arena_cache_limit(ARENA_TUNE_CACHE);
}

static void random_programs_keep_the_contract(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 8; seed++) {
        fake_pages_restart();
        fake_pages.discard_keeps = seed & 2;
        fake_pages.refuse[FAKE_REMAP] = (seed & 4) != 0;
        fake_pages.huge_aligned = seed == 3;
        run_program(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs_keep_the_contract),
    };
    return cmocka_run_group_tests_name("fake_pages_model", tests, NULL, NULL);
}
