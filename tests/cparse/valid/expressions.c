// Every operator, and the precedence between them.
typedef int T;
int f(int, ...);
int expressions(int a, int b, int *p, struct s { int m; struct s *next; } *s)
{
    a = b += a -= b *= 2;
    a = a || b && a | b ^ a & b == a < b << a + b * a;
    a = a ? b : a ? 1 : 2, b++;
    a = -+!~*&a + --b - a--;
    a = (T)a + (T)(a) + (T)-a + sizeof(T) + sizeof(a) + sizeof a + sizeof(T){1} + _Alignof(T);
    a = (f)(b) + (a) - (b) + (a) * b;
    a = p[1] + f(a, b)[p] + s->next->m + (*s).m + f(1);
    p = (int[]){1, 2, 3} + (T){4};
    s = &(struct s){.m = 1, .next = &(struct s){0}};
    return _Generic(a, int: 1, char *: "x", default: 0) + 'a' + L'b' + 0x1p-3 + 1.5e+3f + "s" "t"[0];
}
