const char *plain = R"(a "quoted" \)", *lines = u8R"x(one )"
two)" int T;)x" "three", *wide = (const char *)LR"()";
int after(void)
{
    return sizeof R"(;)";
}
