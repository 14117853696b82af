// What GNU C adds.
__extension__ typedef struct __attribute__((packed)) { char a; int b; } __attribute__((aligned(8))) Packed;
typedef __typeof__(sizeof(int)) Size;
static __inline__ __attribute__((always_inline, format(printf, 1, 2))) int
show(const char *__restrict format, ...) __asm__("show_it");
extern int aliased(void) __attribute__((alias("show"))), __attribute__((unused)) other;
__asm__(".globl here");
static int show(const char *format, ...)
{
    __label__ one, two;
    __builtin_va_list list;
    int x = __builtin_va_arg(list, int), y = __extension__({ int z = x; z + 1; });
    typeof(x) w = x ?: y;
    typeof(int *) p = &w;
    __auto_type q = p;
    static const void *const jumps[] = {&&one, &&two};
    goto *jumps[x];
one:
    asm volatile("add %1, %0" : "+r"(x) : [y] "r"(y), "i"(sizeof(Packed)) : "cc", "memory");
    asm goto("jmp %l0" : : : : two);
two: __attribute__((unused));
    switch (x) {
    case 0: w = 1; __attribute__((fallthrough));
    case 1 ... 3: break;
    }
    int old[] = {[0 ... 3] = 1, [5] 2};
    Packed packed = {a: 1, b: 2};
    unsigned __int128 wide = (unsigned __int128)1 << 64;
    _Complex double c = 1.0 + 2.0i;
    return __real__ c + __imag__ c + __builtin_offsetof(Packed, b) + __alignof__(Packed) +
           __builtin_types_compatible_p(int, Size) + old[0] + packed.a + (int)wide + *q;
}
__attribute__((noinline)) static _Float128 wide(_Float128 x, _Complex _Float64 y)
{
    return x * (_Float128)y;
}
int ahead(int n; int a[n], int n), further(int n, int m; int a[n][m], int n, int m);
int __seg_gs *segment(__seg_fs const int *x)
{
    return *x ? 0 : (int __seg_gs *)x;
}
