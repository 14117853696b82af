// One error of each kind.
int = 1;
int f(int a,, int b);
int g(3);
enum { 1 };
enum;
struct;
int a[3;
int h(void) { case; }
int i(void) { a. ; }
int j(void) { do ; until; }
int k(void) { if (1) else ; }
int l(void) { (int; }
int m = { .1 = 2 };
int n = { .x };
int o = sizeof(;
int p = _Generic(1, int 2);
asm("a" b;
_Static_assert(1, 2);
int q(void) { asm(+); }
int r __attribute__((unused;
int s;
