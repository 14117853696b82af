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
typedef int W, X;
int in_parameters(enum { W } a, struct { enum { X } b; } *c)
{
    return (W)*2 + (X)-1;    // a product, a difference
}
W in_conditions(void)
{
    if (sizeof(enum { W }))
        (W)-1;               // a difference
    else
        (W)-2;               // a difference
    W a;
    while (sizeof(enum { W }))
        ;
    W b;
    for (; sizeof(enum { W });)
        ;
    W c;
    switch (sizeof(enum { W }))
        ;
    W d;
    do
        (void)sizeof(enum { W });
    while ((W)-1);           // a cast
    W e;
    if (a)
        (void)sizeof(enum { W });
    else
        (W)-1;               // a cast
    return (W)-1;            // a cast
}
