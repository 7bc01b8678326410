#include "monitor/streams.h"

#include "monitor/http_server.h"
#include "monitor/steady_clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PERIOD_MS = 500, PING_MS = 5000, IDLE_MS = 1000, BLOCK_SIZE = 4 << 10 };

/* What is sent to all; freed when the last one is done with it. */
typedef struct {
    size_t users, length;
    char bytes[];
} shared_text_t;

typedef struct {
    streams_t *all; /* NULL: the place is free */
    struct MHD_Connection *connection;
    bool suspended;
    shared_text_t *text; /* being sent; NULL: none */
    size_t sent;
    int64_t serial; /* of the text sent last */
} stream_t;

struct streams {
    stream_t streams[SERVER_STREAMS];
    size_t count;
    shared_text_t *latest;
    int64_t serial;  /* of it */
    int64_t changes; /* of the store that it shows */
    int64_t made_ms;
};

static void release(shared_text_t *text)
{
    if (text != NULL && --text->users == 0) free(text);
}

streams_t *streams_create(void)
{
    streams_t *streams = calloc(1, sizeof *streams);
    if (streams != NULL) streams->changes = -1;
    return streams;
}

void streams_destroy(streams_t *streams)
{
    if (streams == NULL) return;
    release(streams->latest);
    free(streams);
}

/* libmicrohttpd asks for more only when the socket takes more. */
static ssize_t read_stream(void *context, uint64_t position, char *buffer, size_t maximum)
{
    (void)position;
    stream_t *stream = context;
    streams_t *streams = stream->all;
    if (stream->text == NULL) {
        if (stream->serial == streams->serial) {
            stream->suspended = true;
            MHD_suspend_connection(stream->connection);
            return 0;
        }
        stream->text = streams->latest;
        stream->text->users++;
        stream->sent = 0;
        stream->serial = streams->serial;
    }
    size_t rest = stream->text->length - stream->sent, count = rest < maximum ? rest : maximum;
    memcpy(buffer, stream->text->bytes + stream->sent, count);
    stream->sent += count;
    if (stream->sent == stream->text->length) {
        release(stream->text);
        stream->text = NULL;
    }
    return (ssize_t)count;
}

static void close_stream(void *context)
{
    stream_t *stream = context;
    release(stream->text);
    stream->all->count--;
    *stream = (stream_t){.all = NULL};
}

struct MHD_Response *streams_open(streams_t *streams, struct MHD_Connection *connection)
{
    if (streams->count == SERVER_STREAMS) return NULL;
    stream_t *stream = streams->streams;
    while (stream->all != NULL)
        stream++;
    *stream = (stream_t){.all = streams, .connection = connection};
    streams->count++;
    streams->changes = -1; /* the newcomer is told at once */
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_stream, stream, close_stream);
    if (response == NULL) close_stream(stream);
    return response;
}

static shared_text_t *make_text(const char *before, const char *middle, size_t length, const char *after)
{
    size_t size = strlen(before) + length + strlen(after);
    shared_text_t *text = malloc(sizeof *text + size);
    if (text == NULL) return NULL;
    text->users = 1;
    text->length = size;
    memcpy(text->bytes, before, strlen(before));
    memcpy(text->bytes + strlen(before), middle, length);
    memcpy(text->bytes + strlen(before) + length, after, strlen(after));
    return text;
}

static void wake(streams_t *streams)
{
    for (size_t i = 0; i < SERVER_STREAMS; i++) {
        stream_t *stream = &streams->streams[i];
        if (stream->all == NULL || !stream->suspended) continue;
        stream->suspended = false;
        MHD_resume_connection(stream->connection);
    }
}

int streams_tick(streams_t *streams, monitor_t *monitor, workspace_t *workspace)
{
    if (streams->count == 0) return IDLE_MS;
    int64_t now_ms = steady_clock_ms(), since_ms = now_ms - streams->made_ms;
    if (streams->changes >= 0 && since_ms < PERIOD_MS) return (int)(PERIOD_MS - since_ms);
    int64_t changes = monitor_standing(monitor).changes;
    shared_text_t *text = NULL;
    if (changes != streams->changes) {
        size_t length = text_overview(workspace, monitor);
        if (length > 0) text = make_text("data: ", workspace->text, length, "\n\n");
    } else if (since_ms >= PING_MS) /* who has gone away shows when something is sent */
        text = make_text(":\n\n", "", 0, "");
    if (text == NULL) return PERIOD_MS;
    release(streams->latest);
    streams->latest = text;
    streams->serial++;
    streams->changes = changes;
    streams->made_ms = now_ms;
    wake(streams);
    return PERIOD_MS;
}

void streams_resume_all(streams_t *streams)
{
    wake(streams);
}
