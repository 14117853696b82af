// Every statement.
int statements(int a)
{
    if (a)
        a = 1;
    else if (a > 1) {
        a = 2;
    } else
        ;
    switch (a) {
    case 1:
    case 2: a = 3; break;
    case 4 ... 6: {
        int b;
        b = 1;
        continue_here:
        a = b;
    }
    default: ;
    }
    while (a)
        do
            a--;
        while (a > 3);
    for (int i = 0, j = 1; i < j; i++, j--)
        if (i)
            continue;
        else
            goto out;
    for (;;)
        break;
    for (a = 1; a;)
        a = 0;
out:
    return a;
}
void nothing(void)
{
    return;
}
