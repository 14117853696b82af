// A picture of which the rows are the bytes of the file.

#include <arena/adapters/opaque.h>

#include "adapter.h"

#include <png.h>

// libpng has the pointer in its struct.
static png_voidp allocate(png_structp png, png_alloc_size_t size)
{
    return arena_opaque_alloc(png_get_mem_ptr(png), size);
}

static void release(png_structp png, png_voidp object)
{
    arena_opaque_free(png_get_mem_ptr(png), object);
}

enum { WIDTH = 256 };

static void write_png(Arena *arena, FILE *file, const char *bytes, size_t rows)
{
    png_structp png = arena ? png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL,
                                                        arena, allocate, release)
                            : png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    check(png && info && setjmp(png_jmpbuf(png)) == 0, "it is written");
    png_init_io(png, file);
    png_set_IHDR(png, info, WIDTH, (png_uint_32)rows, 8, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (size_t i = 0; i < rows; i++)
        png_write_row(png, (png_const_bytep)bytes + i * WIDTH);
    png_write_end(png, info);
    if (!arena)
        png_destroy_write_struct(&png, &info);
}

static void read_png(Arena *arena, FILE *file, const char *bytes, size_t rows)
{
    png_structp png = arena ? png_create_read_struct_2(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL,
                                                       arena, allocate, release)
                            : png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    check(png && info && setjmp(png_jmpbuf(png)) == 0, "it is read");
    png_init_io(png, file);
    png_read_info(png, info);
    unsigned char row[WIDTH];
    for (size_t i = 0; i < rows; i++) {
        png_read_row(png, row, NULL);
        check(memcmp(row, bytes + i * WIDTH, WIDTH) == 0, "it is what it was");
    }
    if (!arena)
        png_destroy_read_struct(&png, &info, NULL);
}

static void work(Arena *arena, const char *bytes, size_t size)
{
    FILE *file = tmpfile();
    check(file, "there is a file");
    write_png(arena, file, bytes, size / WIDTH);
    rewind(file);
    for (int byte; (byte = getc(file)) != EOF;)
        putchar(byte);
    rewind(file);
    read_png(arena, file, bytes, size / WIDTH);
    fclose(file);
}
