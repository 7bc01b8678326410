/* Compiled with AVX2 and FMA (CMakeLists.txt); nothing of it may run where the processor has them not. */
#ifdef FORECAST_X86_KERNELS
#define VECTOR_BYTES 32
#define ROWS         6
#define TABLE        kernels_avx2_table
#define NAME         "avx2"
#include "forecast/kernels_body.h"
#else
typedef int no_avx2_here;
#endif
