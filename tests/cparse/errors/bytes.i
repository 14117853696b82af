int v = é + "éé" + );
int w = [31m;
