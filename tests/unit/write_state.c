/* write_state FOLDER QUERY: what a predictor would find there of that query, had it watched a stream with a pattern for an hour
 * and a half (trigger 2 s, goal balanced, budget 1). */
/* links: predictor advice control common */
#include "learnt_trains.h"
#include "predictor/state_file.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    uint8_t bytes[ADVISOR_STATE_MAXIMUM];
    char path[STATE_PATH_SIZE];
    if (argc != 3) return 2;
    const size_t size = learn_trains(bytes, sizeof bytes);
    if (size == 0 || !state_file_path(argv[1], argv[2], LEARNT_RULE, path, sizeof path) ||
        !state_file_write(path, bytes, size)) {
        perror(argv[1]);
        return 1;
    }
    return 0;
}
