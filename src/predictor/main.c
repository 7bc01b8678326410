/*
 * adaptivestream-predictor: forecasts arrival rates for agents, over TCP (docs/protocol.md, docs/predictor.md).
 */
#include "common/flags.h"
#include "common/log.h"
#include "monitor/steady_clock.h"
#include "predictor/builtin_model.h"
#include "predictor/dashboard.h"
#include "predictor/parent.h"
#include "predictor/server.h"
#include "predictor/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char *const tag = "Predictor";

enum { SENTENCE_SIZE = 800, FORECASTER_AUTO = FORECASTER_KINDS, CHOICES = FORECASTER_KINDS + 1 };

static const char *const forecaster_choices[CHOICES] = {"last", "ema", "holt", "ridge", "lstm", "auto"};

static struct {
    const char *host, *model_path, *token_path, *dashboard, *state_dir;
    const char *model_dir, *spark_url, *spark_app; /* the original's */
    int64_t port, parent, patience_ns;
    double learn_percent;
    bool parent_given;
    int forecaster, log_level;
} settings;

static const flag_t table[] = {
    {.name = "--host",
     .type = FLAG_TEXT,
     .value = &settings.host,
     .argument = "ADDRESS",
     .preset = "127.0.0.1",
     .help = "where to listen; any but this machine itself needs --token-file"},
    {.name = "--port",
     .type = FLAG_INTEGER,
     .value = &settings.port,
     .argument = "PORT",
     .preset = "9876",
     .maximum = 65535,
     .help = "0: a free one, which the log names"},
    {.name = "--model",
     .type = FLAG_TEXT,
     .value = &settings.model_path,
     .argument = "FILE",
     .help = "of `adaptivestream train`, for the forecaster lstm; without it a built-in one"},
    {.name = "--forecaster",
     .type = FLAG_CHOICE,
     .value = &settings.forecaster,
     .preset = "auto",
     .choices = forecaster_choices,
     .choice_count = CHOICES,
     .help = "who forecasts"},
    {.name = "--token-file",
     .type = FLAG_TEXT,
     .value = &settings.token_path,
     .argument = "FILE",
     .help = "64 hexadecimal digits that clients say hello with; without it new random ones"},
    {.name = "--state-dir",
     .type = FLAG_TEXT,
     .value = &settings.state_dir,
     .argument = "DIR",
     .help = "for what is learnt of queries, a small file each; without it a new process begins anew"},
    {.name = "--learn",
     .type = FLAG_NUMBER,
     .value = &settings.learn_percent,
     .argument = "PERCENT",
     .preset = "5",
     .minimum = 0,
     .maximum = 100,
     .help =
         "of a processor, at the lowest priority, to learn from what the queries see; 0: nothing is learnt"},
    {.name = "--dashboard",
     .type = FLAG_TEXT,
     .value = &settings.dashboard,
     .argument = "ADDRESS",
     .preset = "off",
     .help = "where the page for the browser is, as 127.0.0.1:9877; off: nowhere"},
    {.name = "--client-timeout",
     .type = FLAG_DURATION,
     .value = &settings.patience_ns,
     .argument = "SECONDS",
     .preset = "10",
     .minimum = 0.1,
     .maximum = 3600,
     .help = "for a client to end a line it has begun, or to take its answers"},
    {.name = "--parent-fd",
     .type = FLAG_INTEGER,
     .value = &settings.parent,
     .given = &settings.parent_given,
     .argument = "N",
     .minimum = 3,
     .maximum = 65535,
     .help = "used by the agent that starts it: descriptor of a socket pair, whose end ends it"},
    {.name = "--log-level",
     .type = FLAG_CHOICE,
     .value = &settings.log_level,
     .preset = "info",
     .choices = log_level_names,
     .choice_count = LOG_LEVELS,
     .help = "the least important lines to write to stderr"},
    {.name = "--model-dir",
     .type = FLAG_TEXT,
     .value = &settings.model_dir,
     .argument = "DIR",
     .help = "of the original system; not used: a model is one file here, --model"},
    {.name = "--spark-url",
     .type = FLAG_TEXT,
     .value = &settings.spark_url,
     .argument = "URL",
     .help = "of the original system; not used: rates come with the requests"},
    {.name = "--spark-app",
     .type = FLAG_TEXT,
     .value = &settings.spark_app,
     .argument = "ID",
     .help = "of the original system; not used: rates come with the requests"},
};

/* What came of the original's flags, a line each. */
static void tell_unused(void)
{
    if (settings.model_dir != NULL)
        log_line(LOG_WARNING, tag, "--model-dir is not used: a model is one file here, --model FILE");
    if (settings.spark_url != NULL)
        log_line(LOG_WARNING, tag,
                 "--spark-url is not used: rates come with the agent's requests, not from Spark");
    if (settings.spark_app != NULL)
        log_line(LOG_WARNING, tag,
                 "--spark-app is not used: one predictor serves any number of applications");
}

static bool get_token(char *token, char *error, size_t error_size)
{
    bool open_to_others = false;
    if (settings.parent_given) return parent_meet((int)settings.parent, token, error, error_size);
    if (settings.token_path == NULL) {
        if (token_create(token)) return true;
        snprintf(error, error_size, "no random numbers for a token: %s", strerror(errno));
        return false;
    }
    if (!token_load(settings.token_path, token, &open_to_others, error, error_size)) return false;
    if (open_to_others)
        log_line(LOG_WARNING, tag, "%s can be read by others than its owner", settings.token_path);
    return true;
}

/* The listener, or -1 after a line that says why there is none. */
static int start_listening(int *port, bool *loopback)
{
    char error[SENTENCE_SIZE];
    bool taken;
    *port = (int)settings.port;
    int fd = server_listen(settings.host, port, loopback, &taken, error, sizeof error);
    if (fd < 0 && taken && settings.parent_given) {
        const int wanted = *port;
        *port = 0;
        fd = server_listen(settings.host, port, loopback, &taken, error, sizeof error);
        if (fd >= 0) log_line(LOG_INFO, tag, "port %d is taken; this one listens at port %d", wanted, *port);
    }
    if (fd < 0) {
        log_line(LOG_ERROR, tag, "%s%s", error,
                 taken ? "; another --port, or 0 for a free one, would do" : "");
        return -1;
    }
    if (*loopback || settings.token_path != NULL) return fd;
    log_line(LOG_ERROR, tag, "--host %s can be reached from other machines: that needs --token-file",
             settings.host);
    close(fd);
    return -1;
}

/* SIGTERM and SIGINT are read between two requests instead of ending one in the middle. */
static int open_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    /* What a terminal sends to the agent's whole group is the agent's business; a blocked signal is not ignored. */
    if (!settings.parent_given) sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* All that has to be put away again when it ends. */
typedef struct {
    int listener, port;
    bool loopback;
    char token[PROTOCOL_TOKEN_SIZE];
    token_file_t token_file;
    model_t model;
    dashboard_t *dashboard;   /* NULL: there is none */
    background_t *background; /* NULL: nobody learns */
} running_t;

static service_t *start_service(running_t *running)
{
    const bool automatic = settings.forecaster == FORECASTER_AUTO;
    const service_config_t config = {
        .token = running->token,
        .hello_first = !running->loopback,
        .settings =
            {
                .automatic = automatic,
                .forecaster = automatic ? FORECASTER_LSTM : (forecaster_kind_t)settings.forecaster,
                .model = &running->model,
                .state_dir = settings.state_dir,
                .background = running->background,
            },
        .queries_maximum = QUERIES_MAXIMUM,
        .now_ns = steady_clock_ns,
        .pid = getpid(),
        .listener = running->dashboard != NULL ? *dashboard_listener(running->dashboard)
                                               : (listener_t){.context = NULL},
    };
    return service_create(&config);
}

static bool load_model(running_t *running, char *said, size_t size)
{
    bool replaced;
    const bool loaded = model_choose(settings.model_path, &running->model, &replaced, said, size);
    if (!loaded) log_line(LOG_ERROR, tag, "%s", said);
    if (loaded && replaced) {
        log_line(LOG_WARNING, tag, "%s", said);
        snprintf(said, size, "the built-in model");
    }
    return loaded;
}

static int serve(running_t *running, int signals)
{
    if (settings.learn_percent > 0) {
        running->background = background_start(settings.learn_percent / 100);
        if (running->background == NULL)
            log_line(LOG_WARNING, tag, "no thread could be started: nothing is learnt");
    }
    service_t *service = start_service(running);
    if (service == NULL) {
        background_stop(running->background);
        log_line(LOG_ERROR, tag, "out of memory");
        return EXIT_FAILED;
    }
    const server_config_t config = {
        .listener = running->listener,
        .signals = signals,
        .watcher = running->dashboard != NULL ? dashboard_listener(running->dashboard) : NULL,
        .parent = settings.parent_given ? (int)settings.parent : -1,
        .patience_ns = settings.patience_ns,
        .clients_maximum = SERVER_CLIENTS_MAXIMUM,
    };
    const server_end_t end = server_run(&config, service);
    token_file_remove(
        &running->token_file); /* before all that may take its time: the agent waits for 20 ms */
    if (end == SERVER_FAILED)
        log_line(LOG_ERROR, tag, "cannot go on: %s", strerror(errno));
    else
        log_line(LOG_DEBUG, tag, "ends: %s",
                 end == SERVER_STOPPED ? "a signal said so" : "the agent is gone");
    service_destroy(service);
    background_stop(running->background);
    return end == SERVER_FAILED ? EXIT_FAILED : EXIT_OK;
}

/* Forecasts do not depend on it: where it cannot be, one line says so. */
static void start_dashboard(running_t *running)
{
    char error[SENTENCE_SIZE];
    if (strcmp(settings.dashboard, "off") == 0) return;
    running->dashboard = dashboard_start(settings.dashboard, settings.parent_given, running->token,
                                         forecaster_choices[settings.forecaster], error, sizeof error);
    if (running->dashboard == NULL)
        log_line(LOG_WARNING, tag, "%s; there is no dashboard", error);
    else
        log_line(LOG_INFO, tag, "dashboard at http://%s/", dashboard_address(running->dashboard));
}

static int run(void)
{
    char error[SENTENCE_SIZE], said[SENTENCE_SIZE];
    running_t running = {.token_file = {.folder = -1, .file = -1}};
    if (!get_token(running.token, error, sizeof error)) {
        log_line(LOG_ERROR, tag, "%s", error);
        return EXIT_FAILED;
    }
    if (!load_model(&running, said, sizeof said)) return EXIT_FAILED;
    const int signals = open_signals(); /* not before parent_meet(), which closes what is open */
    running.listener = start_listening(&running.port, &running.loopback);
    if (running.listener < 0) {
        model_free(&running.model);
        return EXIT_FAILED;
    }
    if (!token_file_create(&running.token_file, running.port, running.token, error, sizeof error))
        log_line(LOG_WARNING, tag, "no token file, so status, top and set cannot find this predictor: %s",
                 error);

    int exit_code = EXIT_OK;
    start_dashboard(&running);
    child_ready_t ready = {.port = running.port, .pid = getpid()};
    if (running.dashboard != NULL)
        snprintf(ready.dashboard, sizeof ready.dashboard, "%s", dashboard_address(running.dashboard));
    if (!settings.parent_given || parent_tell((int)settings.parent, &ready)) {
        log_line(LOG_INFO, tag, "listens at %s port %d; forecaster %s, %s", settings.host, running.port,
                 forecaster_choices[settings.forecaster], said);
        exit_code = serve(&running, signals);
    }
    dashboard_stop(running.dashboard);
    token_file_remove(&running.token_file);
    close(running.listener);
    model_free(&running.model);
    return exit_code;
}

/* Where one of the standard descriptors is closed, a client's socket would get its number, and our log lines. */
static void fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) close(fd);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* whoever reads the log may stop doing so */
    flags_t flags = {
        .program = "adaptivestream-predictor",
        .summary = "Forecasts arrival rates for agents, over TCP. An agent starts one for itself; one that "
                   "is started by\n"
                   "hand can be shared by several (option predictor=HOST:PORT of the agent). Ends with "
                   "Ctrl-C or SIGTERM.",
        .table = table,
        .count = sizeof table / sizeof table[0],
        .notes = "While it runs, its token lies in $XDG_RUNTIME_DIR/adaptivestream/PORT.token, else in\n"
                 "/tmp/adaptivestream-UID/, readable by its user alone. docs/predictor.md says more.",
    };
    int exit_code;
    if (!flags_parse(&flags, argc, argv, &exit_code)) return exit_code;
    log_set_level((log_level_t)settings.log_level);
    tell_unused();
    return run();
}
