// A brace too many, and one too few.
int one(void) { return 1; } }
int two(void) { return 2; }
int three(void) { if (1) {
    return 3;
}
int four(void) { return 4; }
