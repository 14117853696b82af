// Types that nothing declares: the parser guesses, and goes back where it was wrong.
size_t length(const string_t *text, index_t);
struct node { item_t *item; other_t value; };
uint32_t guess(foo_t *a, foo_t b)
{
    bar_t x;
    bar_t *y = &x, z[3];
    bar_t *(*call)(baz_t, int) = 0;
    unknown * 2;
    unknown * x + 1;
    unknown(y);
    a = (qux_t)b + (qux_t)"s" + (qux_t *)z;
    a = (unknown)(b) + (unknown) - b + (unknown * b);
    b = (m * (n)) + (m * (*n)(o)) + (m *(*)(void))n + (m const *)n - (m **(*)[2])&n;
    for (iter_t *i = 0; i; i++)
        (unknown *)i;
    typedef int unknown;
    unknown * w;
    return sizeof(size_t) + (unknown)-1;
}
