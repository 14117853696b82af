// Each wrong declaration is reported once, and the ones after it are parsed.
int before(void) { return 1; }
int broken(int a) { return a +; }
int good(void) { return 2; }
struct s { int a; int } ;
int x = (1 + 2;
int values[] = {1, 2, 3;
typedef struct { int missing semicolon } lost;
lost *found(lost *a) { return a; }
int label(void) { goto 5; }
	int tab(void) {	if 1 return 0; }
int last(void) { return 3; }
