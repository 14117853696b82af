int x = ((((1))));
int f(void) {{{{ }}}}
int y;
