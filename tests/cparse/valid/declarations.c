// Declarators of every shape, and where their names are found.
int a, *b, **c, d[2][3], e(void), (*f)(int), *(*g[4])(char, ...);
int (*higher(int which))(double)
{
    return which ? 0 : higher(1);
}
static const volatile unsigned long long int counter = 1ULL;
extern int printf(const char *restrict format, ...);
struct point {
    double x, y;
    struct {
        int low : 4, : 2, high : 2;
        union {
            char bytes[8];
            long word;
        };
    } inner[2];
} origin = {.x = 1, .inner[1].low = 3}, *where;
enum colour { RED, GREEN = 5, BLUE = GREEN + 1, } paint = BLUE;
typedef struct point Point, *PointPointer;
typedef int Vector[3], Compare(const void *, const void *);
Point points[] = {{1, 2}, [3] = {3, 4}, {.y = 5}};
int array_argument(int count, int items[static const count], int (*row)[*], Compare *compare);
_Alignas(16) _Thread_local char buffer[sizeof(Point) * 2];
_Atomic(int) one;
_Atomic int two;
_Static_assert(sizeof(int) >= 2, "int is " "wide");
_Noreturn inline void stop(void)
{
    for (;;)
        ;
}
;
