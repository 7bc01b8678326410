/*
 * Runs the agent's class rewriter on a file, for tests that look at the result with javap and a JVM.
 *
 *     rewrite_class INPUT OUTPUT CLASS METHOD DESCRIPTOR [FIELD DESCRIPTOR]
 *
 * Exit 0: rewritten, OUTPUT is there. Exit 1: not rewritten, the reason is on stderr.
 */
#include "agent/classfile.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_SIZE = 1 << 20 };

static uint8_t input[MAX_SIZE], output[MAX_SIZE];

static bool write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) return false;
    bool written = fwrite(data, 1, size, file) == size;
    return fclose(file) == 0 && written;
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 8) {
        fputs("usage: rewrite_class INPUT OUTPUT CLASS METHOD DESCRIPTOR [FIELD DESCRIPTOR]\n", stderr);
        return 2;
    }
    FILE *file = fopen(argv[1], "rb");
    if (file == NULL) {
        perror(argv[1]);
        return 1;
    }
    size_t size = fread(input, 1, sizeof input, file), output_size = 0;
    fclose(file);
    const classfile_target_t target = {
        .class_name = argv[3],
        .method_name = argv[4],
        .method_descriptor = argv[5],
        .field_name = argc == 8 ? argv[6] : NULL,
        .field_descriptor = argc == 8 ? argv[7] : NULL,
    };
    classfile_result_t result = classfile_make_native(input, size, &target, output, &output_size);
    if (result != CLASSFILE_REWRITTEN) {
        fprintf(stderr, "%s %s\n", argv[1], classfile_result_text(result));
        return 1;
    }
    if (!write_file(argv[2], output, output_size)) {
        perror(argv[2]);
        return 1;
    }
    return 0;
}
