/* Whether nobody listens at any of a list of brokers. */
/* links: client */
#include "client/refusal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* cmocka.h needs the four before it. */
#include <cmocka.h>

static int listener;
static int open_port, closed_port;

/* A socket at a port of the kernel's choice; whether anybody listens there is the caller's. */
static int bound_socket(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(handle >= 0);
    assert_int_equal(bind(handle, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(handle, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return handle;
}

static int reserved; /* bound, but nobody listens: no one else can take the port meanwhile */

static int open_ports(void **state)
{
    (void)state;
    listener = bound_socket(&open_port);
    reserved = bound_socket(&closed_port);
    return listen(listener, 64);
}

static int close_ports(void **state)
{
    (void)state;
    return close(listener) | close(reserved);
}

/* In the text O stands for the open port and C for the closed one. */
static void check(const char *text, bool refuse)
{
    char servers[1024] = "";
    size_t length = 0;
    for (; *text != '\0'; text++) {
        if (*text == 'O' || *text == 'C')
            length += (size_t)snprintf(servers + length, sizeof servers - length, "%d",
                                       *text == 'O' ? open_port : closed_port);
        else
            servers[length++] = *text;
        servers[length] = '\0';
    }
    if (brokers_refuse(servers) != refuse) fail_msg("%s", servers);
}

static void test_lists(void **state)
{
    (void)state;
    check("127.0.0.1:C", true);
    check("127.0.0.1:O", false);
    check("127.0.0.1:C,127.0.0.1:O", false);
    check("127.0.0.1:O,127.0.0.1:C", false);
    check("127.0.0.1:C, PLAINTEXT://127.0.0.1:C ,127.0.0.1:C,", true);
    /* ::1 comes first in many a hosts file, and this broker listens at 127.0.0.1 alone. */
    check("localhost:O", false);
    check("localhost:C", true);
}

static void test_what_cannot_be_told(void **state)
{
    (void)state;
    check("", false);
    check(",", false);
    check("no-such-host.invalid:C", false);
    check("127.0.0.1:port", false);
    check("[::1:C", false);
    check("[", false);
    check("://", false);
    char longest[2000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(brokers_refuse(longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_what_cannot_be_told),
    };
    return cmocka_run_group_tests(tests, open_ports, close_ports);
}
