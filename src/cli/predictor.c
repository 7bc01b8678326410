/*
 * adaptivestream predictor: becomes the program adaptivestream-predictor, which is one of its own so that a host of drivers
 * needs only it and the agent's library.
 */
#include "cli/commands.h"
#include "common/flags.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char program[] = "adaptivestream-predictor";

/* The path of the program in the folder of this one; false when this one's is not known. */
static bool beside_this_program(char *path, size_t size)
{
    const ssize_t length = readlink("/proc/self/exe", path, size);
    if (length <= 0 || (size_t)length >= size) return false;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    const size_t room = size - (size_t)(slash + 1 - path);
    if (sizeof program > room) return false;
    memcpy(slash + 1, program, sizeof program);
    return true;
}

int command_predictor(int argc, char **argv)
{
    (void)argc;
    char path[4096];
    argv[0] = program;
    /* Only one that is not there is looked for elsewhere: any other fault is worth its message. */
    if (beside_this_program(path, sizeof path)) {
        execv(path, argv);
        if (errno != ENOENT) {
            fprintf(stderr, "adaptivestream predictor: %s cannot be started: %s\n", path, strerror(errno));
            return EXIT_FAILED;
        }
    }
    execvp(program, argv);
    fprintf(stderr, "adaptivestream predictor: %s is neither beside this program nor on PATH: %s\n", program,
            strerror(errno));
    return EXIT_FAILED;
}
