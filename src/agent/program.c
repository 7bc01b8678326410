#include "agent/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
    struct stat found;
    return access(path, X_OK) == 0 && stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

static void full_path(const char *path, char full[PATH_MAX])
{
    char folder[PATH_MAX];
    full[0] = '\0';
    if (path[0] == '\0') return;
    if (path[0] == '/' || !getcwd(folder, sizeof folder))
        snprintf(full, PATH_MAX, "%s", path);
    else if (snprintf(full, PATH_MAX, "%s/%s", folder, path) >= PATH_MAX)
        full[0] = '\0';
}

/* "FOLDER/MIDDLE" and the program's name, where FOLDER has `length` bytes. */
static bool is_in(program_t *program, const char *folder, size_t length, const char *middle)
{
    char path[PATH_MAX];
    if (length >= PATH_MAX ||
        snprintf(path, sizeof path, "%.*s/%s" PROGRAM_NAME, (int)length, folder, middle) >= PATH_MAX)
        return false;
    full_path(path, program->path);
    return is_program(program->path);
}

static bool is_near(program_t *program, const char *library)
{
    char path[PATH_MAX];
    if (!library || !realpath(library, path)) return false;
    const size_t folder = (size_t)(strrchr(path, '/') - path);
    return is_in(program, path, folder, "") || is_in(program, path, folder, "../bin/");
}

static bool is_on_path(program_t *program)
{
    const char *folders = getenv("PATH");
    while (folders && *folders) {
        const size_t length = strcspn(folders, ":");
        if (length > 0 && is_in(program, folders, length, "")) return true;
        folders += length + (folders[length] == ':');
    }
    return false;
}

bool program_find(program_t *program, const options_t *options, const char *library, char *tried,
                  size_t tried_size)
{
    if (options->predictor_path[0] != '\0') {
        full_path(options->predictor_path, program->path);
        snprintf(tried, tried_size, "predictor_path=%s is no program", options->predictor_path);
        return is_program(program->path);
    }
    snprintf(tried, tried_size,
             PROGRAM_NAME " is neither beside the agent, nor in ../bin of it, nor on PATH; "
                          "predictor_path= may name it");
    return is_near(program, library) || is_on_path(program);
}

void program_prepare(program_t *program, const options_t *options)
{
    /* Without a forecaster it still keeps the history and shows it. */
    const forecaster_choice_t forecaster =
        options->forecaster == FORECAST_BY_NONE ? FORECAST_BY_LAST : options->forecaster;
    full_path(options->model, program->model);
    full_path(options->state_dir, program->state_dir);
    snprintf(program->port, sizeof program->port, "%d", (int)options->predictor_port);
    snprintf(program->parent_fd, sizeof program->parent_fd, "%d", PROGRAM_PARENT_FD);
    const char *const pairs[][2] = {
        {"--parent-fd", program->parent_fd},
        {"--port", program->port},
        {"--forecaster", forecaster_choice_names[forecaster]},
        {"--dashboard", options->dashboard},
        {"--log-level", log_level_names[options->log_level]},
        {"--model", program->model},
        {"--state-dir", program->state_dir},
    };
    size_t count = 0;
    program->arguments[count++] = program->path;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i][1][0] == '\0') continue;
        /* exec's arguments are not const, and nobody writes to them. */
        program->arguments[count++] = (char *)(uintptr_t)pairs[i][0];
        program->arguments[count++] = (char *)(uintptr_t)pairs[i][1];
    }
    program->arguments[count] = NULL;
}
