/* The arms and workloads that a plan may name without defining them. */
#include "benchmark/suite_plan.h"

typedef struct {
    const char *name, *text;
} entry_t;

static const entry_t arms[] = {
    {"fixed_500ms", "trigger=500ms"},
    {"fixed_2s", "trigger=2s"},
    {"fixed_5s", "trigger=5s"},
    {"asap", "trigger=asap alone"},
    {"min-offsets", "trigger=asap min-offsets=tuned"},
    {"reactive", "trigger=2s reactive=500ms"},
    {"reactive_law", "trigger=2s agent=policy=reactive,predictor=off"},
    {"rate", "trigger=2s agent=policy=rate,predictor=off"},
    {"agent_fixed", "trigger=2s agent=policy=fixed"},
    {"balanced", "trigger=2s agent=goal=balanced"},
    {"strict", "trigger=2s agent=goal=strict"},
    {"latency", "trigger=2s agent=goal=latency"},
    {"cost", "trigger=2s agent=goal=cost"},
    {"balanced_half", "trigger=2s agent=goal=balanced,budget=0.5"},
    {"balanced_double", "trigger=2s agent=goal=balanced,budget=2"},
    {"no_forecast", "trigger=2s agent=goal=balanced,predictor=off"},
    {"lstm", "trigger=2s agent=goal=balanced,forecaster=lstm"},
};

/* `saturation` and `overload` are made for the job `heavy`, whose rows take about 0.15 ms of CPU each: see docs/benchmark.md. */
static const entry_t workloads[] = {
    {"phases", "shape=phases=200x100,4000x20,200x30,5x70 repeat=2"},
    {"bursts", "shape=burst seconds=300"},
    {"llm_code", "trace=llm_code bin=100ms speed=5 seconds=660"},
    {"btc_feed", "trace=btc_feed bin=100ms speed=27 seconds=660"},
    {"quiet", "shape=phases=2x95,400x3,2x140,300x2,2x115,600x4,2x100,300x2,2x139"},
    {"saturation", "shape=steady baseline=9000 seconds=180"},
    {"overload", "shape=phases=2000x60,20000x60,2000x120"},
};

const char *suite_known_arm(size_t index, const char **text)
{
    if (index >= sizeof arms / sizeof arms[0]) return NULL;
    *text = arms[index].text;
    return arms[index].name;
}

const char *suite_known_workload(size_t index, const char **text)
{
    if (index >= sizeof workloads / sizeof workloads[0]) return NULL;
    *text = workloads[index].text;
    return workloads[index].name;
}
