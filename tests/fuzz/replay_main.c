/*
 * Feeds a fuzz target the files of its corpus, then seeded mutations of each: what gcc offers in place of
 * libFuzzer. The same corpus and settings give the same inputs.
 *
 *     fuzz_NAME FOLDER...
 *
 * FUZZ_RUNS=N      mutations in all (default 20000)
 * FUZZ_SEED=N      another series of them (default 1)
 * FUZZ_TRUNCATE=N  files up to this many bytes are cut at every length (default 4096)
 * FUZZ_CORPUS=DIR  one more folder, e.g. of files that may not be committed
 *
 * Exit 1 when there is nothing to feed; otherwise only a crash or a sanitizer ends it with a failure.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FILES = 4096, MAX_SIZE = 1 << 20, MAX_MUTATIONS = 4, PATH_SIZE = 4096 };

typedef struct {
    uint8_t *data;
    size_t size;
} input_t;

typedef struct {
    input_t inputs[MAX_FILES];
    size_t count;
} corpus_t;

static uint64_t state;

/* splitmix64, Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
static uint64_t next_random(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

/* From 0 to limit - 1; 0 for limit 0. */
static size_t below(size_t limit)
{
    return limit == 0 ? 0 : (size_t)(next_random() % limit);
}

static void *allocate(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static void add_file(corpus_t *corpus, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || corpus->count == MAX_FILES) {
        fprintf(stderr, "%s: %s\n", path, file == NULL ? strerror(errno) : "too many files");
        exit(1);
    }
    uint8_t *data = allocate(MAX_SIZE);
    size_t size = fread(data, 1, MAX_SIZE, file);
    fclose(file);
    uint8_t *exact = allocate(size);
    memcpy(exact, data, size);
    free(data);
    corpus->inputs[corpus->count++] = (input_t){.data = exact, .size = size};
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In the order of the names, so that the series does not depend on the file system. */
static void add_folder(corpus_t *corpus, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, visible, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_SIZE];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) add_file(corpus, path);
        free(entries[i]);
    }
    free(entries);
}

static void flip_bits(input_t *input)
{
    for (size_t i = 0, flips = 1 + below(8); i < flips && input->size > 0; i++) {
        input->data[below(input->size)] ^= (uint8_t)(1u << below(8));
    }
}

static void truncate_input(input_t *input)
{
    input->size = below(input->size + 1);
}

/* Lengths and counts at their limits, over what is there. */
static void write_extreme(input_t *input)
{
    static const uint8_t extremes[][4] = {
        {0, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}, {0x7f, 0xff, 0xff, 0xff}, {0x80, 0, 0, 0}, {0, 1, 0, 1},
    };
    size_t width = (size_t)1 << below(3);
    if (input->size < width) return;
    memcpy(input->data + below(input->size - width + 1),
           extremes[below(sizeof extremes / sizeof extremes[0])], width);
}

static void insert_bytes(input_t *input)
{
    static const char *const texts[] = {"\xff\xff", "9999999999999999999999", "-", "=", ",", "\"", "{", "*",
                                        "Code"};
    const char *text = texts[below(sizeof texts / sizeof texts[0])];
    size_t length = strlen(text), at = below(input->size + 1);
    if (input->size + length > MAX_SIZE) return;
    memmove(input->data + at + length, input->data + at, input->size - at);
    memcpy(input->data + at, text, length);
    input->size += length;
}

static void remove_bytes(input_t *input)
{
    size_t at = below(input->size), length = below(input->size - at + 1) % 64;
    if (input->size == 0) return;
    memmove(input->data + at, input->data + at + length, input->size - at - length);
    input->size -= length;
}

/* A piece of another file takes the place of what is there. */
static void splice(input_t *input, const input_t *other)
{
    if (other->size == 0) return;
    size_t from = below(other->size), length = below(other->size - from) + 1, at = below(input->size + 1);
    if (at + length > MAX_SIZE) return;
    memcpy(input->data + at, other->data + from, length);
    if (at + length > input->size) input->size = at + length;
}

static void mutate(input_t *input, const corpus_t *corpus)
{
    switch (below(6)) {
    case 0:
        truncate_input(input);
        break;
    case 1:
        splice(input, &corpus->inputs[below(corpus->count)]);
        break;
    case 2:
        insert_bytes(input);
        break;
    case 3:
        remove_bytes(input);
        break;
    case 4:
        write_extreme(input);
        break;
    default:
        flip_bits(input);
    }
}

/* In a block of exactly its size, so that a sanitizer sees every byte too far. */
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *exact = allocate(size);
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static uint64_t setting(const char *name, uint64_t fallback)
{
    const char *text = getenv(name);
    if (text == NULL || *text == '\0') return fallback;
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (*end != '\0') {
        fprintf(stderr, "%s=%s: must be a whole number\n", name, text);
        exit(1);
    }
    return value;
}

static void feed_truncations(const corpus_t *corpus, uint64_t largest)
{
    for (size_t i = 0; i < corpus->count; i++) {
        const input_t *input = &corpus->inputs[i];
        for (size_t size = 0; input->size <= largest && size < input->size; size++)
            feed(input->data, size);
    }
}

static void feed_mutations(const corpus_t *corpus, uint64_t runs)
{
    input_t input = {.data = allocate(MAX_SIZE)};
    for (uint64_t run = 0; run < runs; run++) {
        const input_t *from = &corpus->inputs[run % corpus->count];
        memcpy(input.data, from->data, from->size);
        input.size = from->size;
        for (size_t i = 0, mutations = 1 + below(MAX_MUTATIONS); i < mutations; i++)
            mutate(&input, corpus);
        feed(input.data, input.size);
    }
    free(input.data);
}

int main(int argc, char **argv)
{
    static corpus_t corpus;
    for (int i = 1; i < argc; i++)
        add_folder(&corpus, argv[i]);
    const char *extra = getenv("FUZZ_CORPUS");
    if (extra != NULL && *extra != '\0') add_folder(&corpus, extra);
    if (corpus.count == 0) {
        fputs("no corpus: name at least one folder with files in it\n", stderr);
        return 1;
    }

    uint64_t runs = setting("FUZZ_RUNS", 20000);
    state = setting("FUZZ_SEED", 1);
    for (size_t i = 0; i < corpus.count; i++)
        feed(corpus.inputs[i].data, corpus.inputs[i].size);
    feed_truncations(&corpus, setting("FUZZ_TRUNCATE", 4096));
    feed_mutations(&corpus, runs);
    printf("%s: %zu files and their truncations, %llu mutations, no fault\n", argv[0], corpus.count,
           (unsigned long long)runs);
    for (size_t i = 0; i < corpus.count; i++)
        free(corpus.inputs[i].data);
    return 0;
}
