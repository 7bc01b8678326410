/* A disk on which no file can grow beyond so many bytes: a limit of the process stands in for it. */
#ifndef ADAPTIVESTREAM_TESTS_FULL_DISK_H
#define ADAPTIVESTREAM_TESTS_FULL_DISK_H

#include <signal.h>
#include <sys/resource.h>

static void full_disk_begin(rlim_t bytes)
{
    signal(SIGXFSZ, SIG_IGN); /* then write() fails instead */
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void full_disk_end(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

#endif
