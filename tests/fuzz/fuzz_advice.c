/* What was saved of a query, on any bytes: a refusal says why and changes nothing, an acceptance is written back as the same
 * bytes and gives advice that is a number. Inputs get a right checksum, or none would be past it. */
/* links: advice control forecast traffic common */
#include "advice/advisor.h"
#include "common/bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STATE_MOST = 4096, SLOTS = 10, SIZE_AT = 12, CHECKSUM_SIZE = 4 };
static const int64_t second_ns = 1000000000;

static void check(int holds)
{
    if (!holds) abort();
}

/* Every second input, as its last byte says, is the bytes of a true one with those of the input over it. */
static size_t mend(advisor_t *advisor, const uint8_t *data, size_t size, uint8_t *bytes)
{
    if (size > STATE_MOST) size = STATE_MOST;
    if (size > 0) memcpy(bytes, data, size);
    if (size > 0 && data[size - 1] & 1) {
        uint8_t *at;
        const size_t whole = advisor_save(advisor, bytes, STATE_MOST);
        for (size_t i = 0; i + 2 < size; i += 3) /* two bytes of place, one of value */
            bytes[(data[i] + 256u * data[i + 1]) % whole] = data[i + 2];
        at = bytes + whole - CHECKSUM_SIZE;
        bytes_put(&at, bytes_crc32(bytes, whole - CHECKSUM_SIZE), CHECKSUM_SIZE);
        return whole;
    }
    if (size < SIZE_AT + 2 * CHECKSUM_SIZE) return size;
    uint8_t *at = bytes + size - CHECKSUM_SIZE;
    bytes_put(&at, bytes_crc32(bytes, size - CHECKSUM_SIZE), CHECKSUM_SIZE);
    return size;
}

static void check_advice(advisor_t *advisor)
{
    const int64_t counts[SLOTS] = {3, 0, 0, 1, 0, 0, 0, 9, 0, 0};
    char why[256];
    for (int64_t second = 0; second < 130; second++) {
        const advice_t advice = advisor_advise(advisor, second * second_ns);
        check(isfinite(advice.rate_per_s) && advice.rate_per_s >= 0);
        check(advice.confidence >= 0 && advice.confidence <= 1);
        advisor_slots(advisor, second * second_ns, counts, SLOTS);
    }
    advisor_work(advisor, 1000);
    advisor_explain(advisor, why, sizeof why);
    check(strlen(why) < sizeof why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    options_t options;
    options_defaults(&options);
    const advisor_config_t config = {
        .governor = governor_config_of(&options, 2 * second_ns), .kind = ADVICE_AUTO, .learn = true};
    uint8_t bytes[STATE_MOST], before[STATE_MOST], after[STATE_MOST];
    char error[256] = "";
    advisor_t *advisor = advisor_create(&config);
    check(advisor != NULL);
    const size_t mended = mend(advisor, data, size, bytes);
    const size_t whole = advisor_save(advisor, before, sizeof before);
    check(whole <= sizeof before);
    if (advisor_restore(advisor, bytes, mended, error, sizeof error)) {
        check(mended == whole && error[0] == '\0');
        check_advice(advisor);
    } else {
        check(error[0] != '\0' && strlen(error) < sizeof error);
        check(advisor_save(advisor, after, sizeof after) == whole && memcmp(before, after, whole) == 0);
    }
    advisor_destroy(advisor);
    return 0;
}
