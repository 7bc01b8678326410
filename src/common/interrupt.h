/*
 * Ctrl-C and SIGTERM as a question the work asks itself, instead of an end at any instruction.
 */
#ifndef ADAPTIVESTREAM_COMMON_INTERRUPT_H
#define ADAPTIVESTREAM_COMMON_INTERRUPT_H

/* From now on SIGINT and SIGTERM are only counted; a blocking call they meet returns EINTR. */
void interrupt_install(void);

/* How often one of them came. */
int interrupt_count(void);

/* Waits for one of them to come, if none has; one that comes just now is not missed. Even where they are blocked. */
void interrupt_wait(void);

/* The exit code a shell expects of a program ended by the last of them (130 or 143); 0 when none came. */
int interrupt_exit_code(void);

#endif
