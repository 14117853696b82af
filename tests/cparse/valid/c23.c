// What C23 adds, as far as older compilers preprocess it.
[[nodiscard]] int attributed([[maybe_unused]] int a, int b [[maybe_unused]])
{
    [[maybe_unused]] int c = 0b101 + 1'000'000;
    switch (a) {
    case 1:
        int declared_after_label = 1;
        [[fallthrough]];
    default:
    }
    constexpr int d = 2;
    static_assert(d == 2);
    alignas(8) bool e = true;
    thread_local static int f;
    typeof_unqual(d) g = alignof(int);
    int *h = nullptr;
    return c + e + f + g + _Generic(a, int: 1) + (h == nullptr);
end:
}
enum small : unsigned char { ONE = 1 };
_BitInt(17) seventeen = (_BitInt(17))1;
struct empty {} nothing = {};
void unnamed(int, char *) {}
int *stored(void)
{
    return &(static int){4} + *(static const int[]){1, 2} + (constexpr int){3};
}
