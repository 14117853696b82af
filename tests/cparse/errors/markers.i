# 7 "dir/with \"quotes\".h" 1
int t = ;
# 3 "other.c" 2
int u = );
