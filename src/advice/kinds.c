#include "advice/kinds.h"

const char *const advice_kind_names[ADVICE_KINDS] = {
    [ADVICE_LAST] = "last", [ADVICE_EMA] = "ema",         [ADVICE_HOLT] = "holt", [ADVICE_RIDGE] = "ridge",
    [ADVICE_LSTM] = "lstm", [ADVICE_LEARNED] = "learned", [ADVICE_AUTO] = "auto", [ADVICE_NONE] = "none",
};
