#include "agent/child.h"

#include "agent/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNDEAD = 16 };
static const int64_t own_end_ns = 20 * NS_PER_MS;
static const int64_t exit_patience_ns =
    20 * NS_PER_MS; /* twice: for the lock, and for the end of the process */
static const int64_t death_patience_ns = 5 * NS_PER_MS;

/* A process id may be used only while its process is known not to have been reaped. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool leaving;         /* guarded by lock, as the next two are */
static pid_t living;         /* the child, not reaped */
static pid_t undead[UNDEAD]; /* killed, and not reaped so far */

bool child_make_token(char token[PROTOCOL_TOKEN_SIZE])
{
    unsigned char bytes[PROTOCOL_TOKEN_LENGTH / 2];
    if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) != (ssize_t)sizeof bytes) return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(token + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* What the child's descriptors and folder become. */
static int describe_files(posix_spawn_file_actions_t *actions, int end)
{
    int error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    /* Spark's launcher reads stdout as a command line. */
    if (!error) error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(actions, end, PROGRAM_PARENT_FD);
    /* The JVM leaves most of its descriptors inheritable (openjdk/jdk #13956): a child that kept its listening
     * sockets would keep the driver's ports taken. */
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(actions, PROGRAM_PARENT_FD + 1);
    if (!error) error = posix_spawn_file_actions_addchdir_np(actions, "/");
    return error;
}

/* The JVM blocks some signals in its threads, and handles or ignores others. */
static int describe_signals(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    int error = posix_spawnattr_setsigmask(attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(attributes, &all);
    if (!error)
        error = posix_spawnattr_setflags(attributes,
                                         POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    return error;
}

static int spawn(const program_t *program, int end, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        error = describe_files(&actions, end);
        if (!error) error = describe_signals(&attributes);
        if (!error)
            error = posix_spawn(pid, program->path, &actions, &attributes, program->arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* A pair whose ends both lie above the numbers that the child is given. */
static int open_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return errno;
    if (pair[1] <= PROGRAM_PARENT_FD) { /* somebody has closed his standard streams */
        const int higher = fcntl(pair[1], F_DUPFD_CLOEXEC, PROGRAM_PARENT_FD + 1);
        close(pair[1]);
        pair[1] = higher;
    }
    if (pair[1] >= 0 && fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0) return 0;
    const int error = errno;
    close(pair[0]);
    if (pair[1] >= 0) close(pair[1]);
    return error;
}

void child_reap(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < UNDEAD; i++)
        if (undead[i] != 0 && waitpid(undead[i], NULL, WNOHANG) != 0) undead[i] = 0;
    pthread_mutex_unlock(&lock);
}

int child_start(child_t *child, const program_t *program, const char *token)
{
    int pair[2];
    char line[CHILD_LINE_SIZE];
    const size_t length = child_write_token(line, sizeof line, token);
    *child = CHILD_NONE;
    int error = open_pair(pair);
    if (error) return error;
    pthread_mutex_lock(&lock);
    error = leaving ? ECANCELED : spawn(program, pair[1], &child->pid);
    if (!error) living = child->pid;
    pthread_mutex_unlock(&lock);
    close(pair[1]);
    if (error) {
        close(pair[0]);
        *child = CHILD_NONE;
        return error;
    }
    child->pair = pair[0];
    /* An empty socket has room for this; a child that has ended is heard of by its end of file. */
    if (send(child->pair, line, length, MSG_NOSIGNAL) < 0) errno = 0;
    return 0;
}

child_news_t child_listen(child_t *child, child_ready_t *ready, char *error, size_t error_size)
{
    for (;;) {
        const ssize_t got =
            recv(child->pair, child->line + child->length, sizeof child->line - child->length, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return CHILD_QUIET;
        if (got <= 0) return CHILD_GONE;
        child->length += (size_t)got;
        const char *end = memchr(child->line, '\n', child->length);
        if (!end && child->length < sizeof child->line) continue;
        const size_t length = end ? (size_t)(end - child->line) : child->length;
        const bool good = child_read_ready(child->line, length, ready, error, error_size);
        child->length = 0;
        return good ? CHILD_READY : CHILD_GARBLED;
    }
}

bool child_is_stopped(child_t *child)
{
    siginfo_t news = {0};
    /* WNOWAIT, and not waitpid(): one that has ended is left to child_end(). */
    return child->pid != 0 && waitid(P_PID, (id_t)child->pid, &news, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           news.si_pid == child->pid && (news.si_code == CLD_STOPPED || news.si_code == CLD_TRAPPED);
}

static child_end_t describe_end(int status, char *how, size_t how_size)
{
    if (!WIFSIGNALED(status)) {
        snprintf(how, how_size, "ended with code %d", WEXITSTATUS(status));
        return CHILD_FAILED;
    }
    const int by = WTERMSIG(status);
    snprintf(how, how_size, "was killed by signal %d", by);
    return by == SIGKILL || by == SIGTERM || by == SIGINT || by == SIGHUP ? CHILD_KILLED_BY_OTHERS
                                                                          : CHILD_FAILED;
}

/* Its status, if it has ended. ECHILD: somebody in this JVM has reaped it (or ignores SIGCHLD). */
static bool has_ended(pid_t pid, int *status)
{
    const pid_t ended = waitpid(pid, status, WNOHANG);
    if (ended < 0) *status = 0;
    return ended != 0;
}

/* @locks_required lock */
static void kill_for_later(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    if (has_ended(pid, &status)) return;
    for (size_t i = 0; i < UNDEAD; i++) {
        if (undead[i] != 0) continue;
        undead[i] = pid;
        return;
    }
}

child_end_t child_end(child_t *child, char *how, size_t how_size)
{
    child_end_t end = CHILD_FAILED;
    int status = 0;
    bool ended = false;
    snprintf(how, how_size, "was killed");
    if (child->pair >= 0) close(child->pair);
    const int64_t deadline_ns = clock_monotonic_ns() + own_end_ns;
    while (child->pid != 0 && !ended) {
        pthread_mutex_lock(&lock);
        if (living != child->pid) { /* the JVM is on its way out */
            pthread_mutex_unlock(&lock);
            break;
        }
        ended = has_ended(child->pid, &status);
        const bool patient = clock_monotonic_ns() < deadline_ns && !child_is_stopped(child);
        if (!ended && !patient) kill_for_later(child->pid);
        if (ended || !patient) living = 0;
        pthread_mutex_unlock(&lock);
        if (ended) end = describe_end(status, how, how_size);
        if (!ended && patient) nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    }
    *child = CHILD_NONE;
    return end;
}

static bool ends_within(pid_t pid, int64_t patience_ns)
{
    int status;
    const int64_t deadline_ns = clock_monotonic_ns() + patience_ns;
    while (!has_ended(pid, &status)) {
        if (clock_monotonic_ns() >= deadline_ns) return false;
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS / 2}, NULL);
    }
    return true;
}

void child_end_at_exit(void)
{
    const struct timespec deadline = clock_deadline(exit_patience_ns);
    /* Without the lock the child still ends by its end of file. */
    if (pthread_mutex_timedlock(&lock, &deadline) != 0) return;
    leaving = true;
    const pid_t pid = living;
    living = 0;
    if (pid != 0) kill(pid, SIGTERM); /* lets it put its token file away */
    if (pid != 0 && !ends_within(pid, exit_patience_ns)) {
        kill(pid, SIGKILL);
        ends_within(pid, death_patience_ns);
    }
    pthread_mutex_unlock(&lock);
}
