// What is no token.
int a = 1 @ 2;
char *b = "not closed;
char c = 'x;
#define LEFT 1
int d = 0;
/* not closed
int e;
