#include "forecast/kernels.h"

#include <string.h>

const kernels_t *kernels_portable(void)
{
    return &kernels_portable_table;
}

const kernels_t *kernels_named(const char *name)
{
    if (strcmp(name, "portable") == 0) return &kernels_portable_table;
#ifdef FORECAST_X86_KERNELS /* by CMakeLists.txt, with the flags that the two need */
    __builtin_cpu_init();
    if (strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &kernels_avx2_table;
    if (strcmp(name, "avx512") == 0 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("fma"))
        return &kernels_avx512_table;
#endif
    return NULL;
}

const kernels_t *kernels_best(void)
{
    const kernels_t *best = kernels_named("avx512");
    if (!best) best = kernels_named("avx2");
    return best ? best : kernels_portable();
}
