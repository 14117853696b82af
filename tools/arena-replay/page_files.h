// The files in page/, as cmake/embed.cmake makes them part of the program. They end with a zero.

#ifndef REPLAY_PAGE_FILES_H
#define REPLAY_PAGE_FILES_H

extern const unsigned char
    page_html[]; // with a line @NAME@ where the style, the data and the script belong
extern const unsigned char page_css[];
extern const unsigned char page_js[];

#endif
