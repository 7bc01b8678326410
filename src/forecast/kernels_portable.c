/* SSE2 on x86-64, NEON on arm64; elsewhere what the compiler makes of vectors of four. */
#define VECTOR_BYTES 16
#define ROWS         4
#define TABLE        kernels_portable_table
#define NAME         "portable"
#include "forecast/kernels_body.h"
