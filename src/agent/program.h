/* Where the predictor's program is, and the command line that the agent starts it with. */
#ifndef ADAPTIVESTREAM_AGENT_PROGRAM_H
#define ADAPTIVESTREAM_AGENT_PROGRAM_H

#include "common/options.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define PROGRAM_NAME "adaptivestream-predictor"

enum { PROGRAM_ARGUMENTS = 20, PROGRAM_PARENT_FD = 3 };

typedef struct {
    char path[PATH_MAX], model[PATH_MAX], state_dir[PATH_MAX], port[8], parent_fd[8];
    char *arguments[PROGRAM_ARGUMENTS]; /* ends with NULL */
} program_t;

/* predictor_path, else the first of: beside the file `library` (NULL: not known), in ../bin of it, on PATH. False when
 * there is none; `tried` then says in words where it was looked for. */
bool program_find(program_t *program, const options_t *options, const char *library, char *tried,
                  size_t tried_size);

/* Fills in the arguments. Files named by the options get their full path, as the program runs in another folder. */
void program_prepare(program_t *program, const options_t *options);

#endif
