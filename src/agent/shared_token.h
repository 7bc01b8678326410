/* The access token of a shared predictor. */
#ifndef ADAPTIVESTREAM_AGENT_SHARED_TOKEN_H
#define ADAPTIVESTREAM_AGENT_SHARED_TOKEN_H

#include "common/address.h"
#include "common/options.h"
#include "protocol/message.h"

#include <stdbool.h>
#include <stddef.h>

/* Of predictor_token_file; without that option, and where the predictor is on this machine and the same user's, of the
 * file that it keeps: PORT.token in $XDG_RUNTIME_DIR/adaptivestream, else in /tmp/adaptivestream-UID. False, with token
 * "", where there is none; `error` then holds a sentence if one was named by the option, else "". */
bool shared_token_read(const options_t *options, const address_t *address, char token[PROTOCOL_TOKEN_SIZE],
                       char *error, size_t error_size);

#endif
