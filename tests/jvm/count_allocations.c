/*
 * Counts from outside what the agent has allocated: preloaded into a JVM, it notes every block that code
 * of one shared library asks for by malloc(), calloc() or realloc() (or by strdup(), which is ours here
 * too), until it is freed.
 *
 *     LD_PRELOAD=count_allocations.so COUNT_LIBRARY=libadaptivestream.so COUNT_FILE=/tmp/counted java ...
 *
 * COUNT_FILE then holds a counted_t, always up to date: readers map or read it while the JVM runs. The
 * caller is known by its return address; the library by the addresses at which dlopen() has mapped it.
 * glibc only: its allocator is called by its internal names, since looking the real malloc() up would
 * allocate.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_BLOCKS = 4096 };

typedef struct {
    int64_t blocks; /* alive */
    int64_t bytes;  /* of those, as the allocator rounds them up */
    int64_t peak_bytes;
    int64_t missed;             /* blocks that found no place in the table: 0, or the figures are too low */
    int64_t sizes[MOST_BLOCKS]; /* of every block alive, 0 elsewhere */
} counted_t;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *block, size_t size);
void free(void *block);
char *strdup(const char *text);
void *dlopen(const char *path, int flags);

static counted_t *counted;
static const char *library;
static uintptr_t code_begin, code_end; /* 0 until the library is loaded */
static void *blocks[MOST_BLOCKS];      /* those noted; written under the lock */
static int top;                        /* no block was ever noted at or above this index */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void open_count(void)
{
    const char *path = getenv("COUNT_FILE");
    library = getenv("COUNT_LIBRARY");
    if (!path || !library) return;
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || ftruncate(file, sizeof *counted) != 0) return;
    void *map = mmap(NULL, sizeof *counted, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED) counted = map;
}

static int find_code(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    if (!info->dlpi_name || !strstr(info->dlpi_name, library)) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
        code_end = info->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        code_begin = info->dlpi_addr + segment->p_vaddr;
    }
    return 1;
}

/* The JVM loads its agents by dlopen(). */
void *dlopen(const char *path, int flags)
{
    void *(*real)(const char *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
    void *handle = real(path, flags);
    if (counted && code_begin == 0 && path && strstr(path, library)) dl_iterate_phdr(find_code, NULL);
    return handle;
}

static int is_ours(const void *caller)
{
    return code_begin != 0 && (uintptr_t)caller >= code_begin && (uintptr_t)caller < code_end;
}

static void *note(void *block)
{
    if (!block) return NULL;
    int64_t bytes = (int64_t)malloc_usable_size(block);
    pthread_mutex_lock(&lock);
    int i = 0;
    while (i < MOST_BLOCKS && blocks[i])
        i++;
    if (i < MOST_BLOCKS) {
        if (i >= top) __atomic_store_n(&top, i + 1, __ATOMIC_RELEASE);
        __atomic_store_n(&blocks[i], block, __ATOMIC_RELEASE);
        counted->sizes[i] = bytes;
        counted->blocks++;
        counted->bytes += bytes;
        if (counted->bytes > counted->peak_bytes) counted->peak_bytes = counted->bytes;
    } else {
        counted->missed++;
    }
    pthread_mutex_unlock(&lock);
    return block;
}

/* Before the block is freed: afterwards its address may be another one's. */
static void forget(void *block)
{
    const int end = __atomic_load_n(&top, __ATOMIC_ACQUIRE);
    for (int i = 0; block && i < end; i++) {
        if (__atomic_load_n(&blocks[i], __ATOMIC_ACQUIRE) != block) continue;
        pthread_mutex_lock(&lock);
        counted->blocks--;
        counted->bytes -= counted->sizes[i];
        counted->sizes[i] = 0;
        __atomic_store_n(&blocks[i], NULL, __ATOMIC_RELEASE);
        pthread_mutex_unlock(&lock);
        return;
    }
}

void *malloc(size_t size)
{
    void *block = __libc_malloc(size);
    return is_ours(__builtin_return_address(0)) ? note(block) : block;
}

void *calloc(size_t count, size_t size)
{
    void *block = __libc_calloc(count, size);
    return is_ours(__builtin_return_address(0)) ? note(block) : block;
}

void *realloc(void *old, size_t size)
{
    forget(old);
    void *block = __libc_realloc(old, size);
    return is_ours(__builtin_return_address(0)) ? note(block) : block;
}

void free(void *block)
{
    forget(block);
    __libc_free(block);
}

/* glibc's own calls malloc() from inside the C library. */
char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *block = __libc_malloc(size);
    if (block) memcpy(block, text, size);
    return is_ours(__builtin_return_address(0)) ? note(block) : block;
}
