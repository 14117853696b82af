// Old code: definitions without prototypes, no types, and names that C23 took later.
typedef unsigned char bool;
main(count, words)
    int count;
    char **words;
{
    register i;
    bool alignas = count, static_assert = 1;
    i = alignas + static_assert;
    return helper(i);
}
static aider(a)
{
    return a;
}
extern counter;
int (parenthesised)(int a), *(*returns_pointer());
int *(*returns_pointer(a, b))() char *a; double b; { return 0; }
