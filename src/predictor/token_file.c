#include "predictor/token_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".token";

bool token_create(char token[PROTOCOL_TOKEN_SIZE])
{
    unsigned char bytes[PROTOCOL_TOKEN_LENGTH / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

bool token_load(const char *path, char token[PROTOCOL_TOKEN_SIZE], bool *open_to_others, char *error,
                size_t error_size)
{
    char text[PROTOCOL_TOKEN_SIZE + 2] = "";
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t length = -1;
    if (fd >= 0 && fstat(fd, &status) == 0) length = read(fd, text, sizeof text - 1);
    if (length < 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        return false;
    }
    close(fd);
    text[length] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (!token_is_valid(text)) {
        snprintf(error, error_size, "%s: 64 hexadecimal digits are expected, as of `openssl rand -hex 32`",
                 path);
        return false;
    }
    memcpy(token, text, PROTOCOL_TOKEN_SIZE);
    *open_to_others = (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    return true;
}

static void folder_path(char *path, size_t size)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime != NULL && runtime[0] == '/')
        snprintf(path, size, "%s/adaptivestream", runtime);
    else
        snprintf(path, size, "/tmp/adaptivestream-%u", (unsigned)geteuid());
}

/* The folder, which is created if need be; -1 with a sentence when it cannot be trusted. */
static int open_folder(const char *path, char *error, size_t error_size)
{
    struct stat status;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return -1;
    }
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        snprintf(error, error_size, "%s: not a folder of our own: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        return -1;
    }
    const bool ours = status.st_uid == geteuid();
    if (ours && (status.st_mode & 0777) == 0700) return fd;
    snprintf(error, error_size, "%s: %s", path,
             ours ? "others may enter it: its mode must be 0700" : "it belongs to somebody else");
    close(fd);
    return -1;
}

static bool is_token_name(const char *name)
{
    const size_t digits = strspn(name, "0123456789");
    return digits > 0 && strcmp(name + digits, suffix) == 0;
}

/* Whatever holds no lock belongs to nobody that lives. */
static void remove_leftovers(int folder)
{
    const int copy = dup(folder);
    DIR *listing = copy >= 0 ? fdopendir(copy) : NULL;
    if (listing == NULL) {
        if (copy >= 0) close(copy);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (!is_token_name(entry->d_name)) continue;
        const int fd = openat(folder, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) continue;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(folder, entry->d_name, 0);
        close(fd);
    }
    closedir(listing);
}

bool token_file_create(token_file_t *file, int port, const char *token, char *error, size_t error_size)
{
    char folder[TOKEN_FILE_PATH_SIZE - 40], begun[sizeof file->name + 40], line[PROTOCOL_TOKEN_SIZE + 1];
    *file = (token_file_t){.folder = -1, .file = -1};
    folder_path(folder, sizeof folder);
    file->folder = open_folder(folder, error, error_size);
    if (file->folder < 0) return false;
    remove_leftovers(file->folder);
    snprintf(file->name, sizeof file->name, "%d%s", port, suffix);
    snprintf(file->path, sizeof file->path, "%s/%s", folder, file->name);
    snprintf(line, sizeof line, "%s\n", token);
    /* Under another name until it is whole and locked: who finds it by its name finds it right. */
    snprintf(begun, sizeof begun, ".%s.%ld", file->name, (long)getpid());
    unlinkat(file->folder, begun, 0);
    file->file = openat(file->folder, begun, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file->file >= 0 && flock(file->file, LOCK_EX | LOCK_NB) == 0 &&
        write(file->file, line, strlen(line)) == (ssize_t)strlen(line) &&
        renameat(file->folder, begun, file->folder, file->name) == 0)
        return true;
    snprintf(error, error_size, "%s: %s", file->path, strerror(errno));
    unlinkat(file->folder, begun, 0);
    if (file->file >= 0) close(file->file);
    close(file->folder);
    *file = (token_file_t){.folder = -1, .file = -1};
    return false;
}

void token_file_path(int port, char path[TOKEN_FILE_PATH_SIZE])
{
    char folder[TOKEN_FILE_PATH_SIZE - 40];
    folder_path(folder, sizeof folder);
    snprintf(path, TOKEN_FILE_PATH_SIZE, "%s/%d%s", folder, port, suffix);
}

size_t token_file_ports(int *ports, size_t maximum)
{
    char path[TOKEN_FILE_PATH_SIZE - 40];
    folder_path(path, sizeof path);
    DIR *listing = opendir(path);
    size_t count = 0;
    if (listing == NULL) return 0;
    for (const struct dirent *entry; count < maximum && (entry = readdir(listing)) != NULL;) {
        if (!is_token_name(entry->d_name)) continue;
        const int fd = openat(dirfd(listing), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) continue;
        /* Without a lock it was left behind by one that was killed. */
        if (flock(fd, LOCK_SH | LOCK_NB) != 0) ports[count++] = atoi(entry->d_name);
        close(fd);
    }
    closedir(listing);
    return count;
}

void token_file_remove(token_file_t *file)
{
    if (file->file < 0) return;
    unlinkat(file->folder, file->name, 0);
    close(file->file);
    close(file->folder);
    file->file = file->folder = -1;
}
