#include "agent/config_watch.h"

#include "common/option_sources.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char tag[] = "AdaptiveStream";

/* What tells one state of a file from another; all 0: there is none, or nothing in it. */
typedef struct {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
} look_t;

static struct {
    char *text;     /* NULL: there is no file to follow */
    options_t said; /* by all sources, when they were read last */
    look_t read, seen;
} watched;

static look_t look_at(const char *path)
{
    struct stat status;
    /* Who writes a file on a full disk, or is about to write it, leaves it empty: that must not set all back. */
    if (stat(path, &status) != 0 || status.st_size == 0) return (look_t){0};
    return (look_t){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
}

static bool same(const look_t *a, const look_t *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

void config_watch_begin(const char *text, const options_t *options)
{
    free(watched.text);
    watched.text = options->config[0] != '\0' ? strdup(text != NULL ? text : "") : NULL;
    watched.said = *options;
    /* It may have been changed since it was read. */
    watched.read = watched.seen = (look_t){0};
}

static void compare(const options_t *now, change_t *change)
{
    const options_t *before = &watched.said;
    *change = (change_t){.has_mode = now->mode != before->mode,
                         .has_goal = now->goal != before->goal,
                         .has_budget = now->budget != before->budget,
                         .mode = now->mode,
                         .goal = now->goal,
                         .budget = now->budget,
                         .origin = "file"};
}

bool config_watch_look(change_t *change)
{
    if (watched.text == NULL) return false;
    const char *path = watched.said.config;
    const look_t seen = look_at(path), nothing = {0};
    const bool still = same(&seen, &watched.seen), first = same(&watched.read, &nothing);
    watched.seen = seen;
    if (!still || same(&seen, &watched.read)) return false;
    watched.read = seen;
    if (same(&seen, &nothing)) {
        log_line(LOG_WARNING, tag, "config=%s is gone or empty; what it said stays in force", path);
        return false;
    }
    options_t options;
    char error[1024], warning[256];
    if (!options_load(watched.text, (const char *const *)environ, &options, error, sizeof error, warning,
                      sizeof warning)) {
        log_line(LOG_WARNING, tag, "%s; what the file said before stays in force", error);
        return false;
    }
    compare(&options, change);
    const bool changed = change_asks(change);
    if (!first || changed)
        log_line(LOG_INFO, tag, "config=%s has changed%s", path,
                 changed
                     ? "; only mode, goal and budget hold at once"
                     : "; what is new there holds from the driver's next start on, as it is neither mode, "
                       "goal nor budget");
    watched.said = options;
    return changed;
}
