#include "predictor/plain.h"

#include "common/parse.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double fading = 0.1, rate_maximum_per_s = 1e15;

static void add(plain_t *plain, double rate_per_s, forecaster_t *forecaster)
{
    if (plain->count == MODEL_HISTORY) {
        const double weight = plain->judged == 0 ? 1 : fading;
        plain->error += weight * (fabs(plain->forecast_per_s - rate_per_s) - plain->error);
        plain->mean += weight * (rate_per_s - plain->mean);
        plain->judged++;
    }
    memmove(plain->history, plain->history + 1, (MODEL_HISTORY - 1) * sizeof plain->history[0]);
    plain->history[MODEL_HISTORY - 1] = rate_per_s;
    if (plain->count < MODEL_HISTORY) plain->count++;
    if (plain->count == MODEL_HISTORY)
        plain->forecast_per_s = forecaster_forecast(forecaster, plain->history, -1).rate_per_s;
}

/* There is no price and no shadow in this protocol to tell what a forecast is worth: so it is how near the last ones came,
 * 1 less their mean error as a share of the mean rate. */
static double confidence(const plain_t *plain)
{
    if (plain->judged == 0) return 0;
    if (plain->mean <= 0) return plain->error <= 0 ? 1 : 0;
    return fmax(0, 1 - plain->error / plain->mean);
}

size_t plain_answer(plain_t *plain, const char *line, forecaster_t *forecaster, char *answer, size_t size)
{
    const bool warm = plain->count == MODEL_HISTORY;
    int length;
    double rate_per_s;
    if (strcmp(line, "predict") == 0) {
        length =
            snprintf(answer, size, "predicted_rate:%.2f,confidence:%.4f\n",
                     warm ? plain->forecast_per_s : plain->history[MODEL_HISTORY - 1], confidence(plain));
    } else if (strcmp(line, "health") == 0) {
        length = snprintf(answer, size, "ok,status:%s,history_len:%zu\n", warm ? "ready" : "warming_up",
                          plain->count);
    } else if (strncmp(line, "rate:", 5) != 0) {
        length = snprintf(answer, size, "error:unknown command; known are predict, health, rate:X\n");
    } else if (!parse_number(line + 5, &rate_per_s) || rate_per_s < 0 || rate_per_s > rate_maximum_per_s) {
        length = snprintf(answer, size, "error:rate: a number from 0 to 1e15 is expected\n");
    } else {
        add(plain, rate_per_s, forecaster);
        length = snprintf(answer, size, "ack\n");
    }
    return length > 0 && (size_t)length < size ? (size_t)length : 0;
}
