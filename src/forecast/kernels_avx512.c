/* Compiled with AVX-512 (CMakeLists.txt); nothing of it may run where the processor has it not. */
#ifdef FORECAST_X86_KERNELS
#define VECTOR_BYTES 64
#define ROWS         8
#define TABLE        kernels_avx512_table
#define NAME         "avx512"
#include "forecast/kernels_body.h"
#else
typedef int no_avx512_here;
#endif
