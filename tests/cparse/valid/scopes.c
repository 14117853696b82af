// What a name means depends on where it is.
typedef int T;
int T_is_an_object(void)
{
    T *a;            // a pointer
    {
        int T = 1, b = 2;
        T * b;       // a product
        (T)-b;       // a difference
    }
    (T)-1;           // a cast
    for (int T = 0; T < 1; T++)
        (T)+1;       // a sum
    (T)+1;           // a cast
    return sizeof(T);
}
int parameter(int T, int (*call)(T))
{
    return T * 2;
}
int prototype(T), again(T T);
struct T { T T; struct T *next; };
int member(struct T *T)
{
    T->T = 1;
    goto T;
T:
    return T->T;
}
enum { U = 1 };
int enumerator(void)
{
    enum { T = 2 };
    return (T)-1 + (U)-1;
}
typedef struct V V;
V *typedef_in_block(V *v)
{
    typedef char V;
    V c = (V)*"x";
    return c ? v : 0;
}
