/*
 * The arithmetic of the network, written once (kernels_body.h) and compiled for several instruction sets; the best that
 * the processor has is chosen at run time.
 *
 * Every sum runs over its terms in order, in each element of the result by itself: so the results do not depend on the
 * width of the vectors, and AVX2 and AVX-512 give the same bits. A product of more than KERNELS_DEPTH terms is added in
 * partial sums of so many; up to that, one row and many give the same bits. A processor without fused multiply-add
 * differs in the last digits.
 *
 * Matrices are row-major and contiguous unless a stride is named. `units` is a multiple of KERNELS_LANES.
 */
#ifndef ADAPTIVESTREAM_FORECAST_KERNELS_H
#define ADAPTIVESTREAM_FORECAST_KERNELS_H

#include <stddef.h>

enum { KERNELS_LANES = 16, KERNELS_DEPTH = 256 };

/* What one layer remembers of one step, for `units` cells a row. */
typedef struct {
    float *gates; /* 4 x units a row: input, forget, candidate, output; sums in, activations out */
    const float *cell_before; /* units a row */
    float *cell;
    float *cell_tanh;
    float *hidden;
} kernels_step_t;

typedef struct {
    const char *name;

    /* c[rows x columns] += a[rows x depth] b[depth x columns]; element (r, k) of a is a[r * row_stride +
     * k * column_stride], so a transposed matrix needs no copy. */
    void (*multiply)(size_t rows, size_t columns, size_t depth, const float *a, size_t row_stride,
                     size_t column_stride, const float *b, float *c);

    /* The same for a single row; beyond KERNELS_DEPTH terms the last digits may differ. */
    void (*multiply_row)(size_t columns, size_t depth, const float *a, size_t stride, const float *b,
                         float *c);

    /* One step of the cells of `rows` rows (Hochreiter and Schmidhuber 1997, with forget gates). */
    void (*step)(size_t rows, size_t units, const kernels_step_t *step);

    /* Backwards through it. In: d_hidden, and d_cell of the step after. Out: d_gates (of the sums), and d_cell of
     * the step before. */
    void (*step_back)(size_t rows, size_t units, const kernels_step_t *step, const float *d_hidden,
                      float *d_cell, float *d_gates);

    /* sums[columns] += the sum of the rows of a. */
    void (*add_rows)(size_t rows, size_t columns, const float *a, float *sums);
} kernels_t;

/* The fastest that this processor runs. */
const kernels_t *kernels_best(void);

/* What every processor runs. */
const kernels_t *kernels_portable(void);

/* "portable", "avx2", "avx512"; NULL when unknown or not to be had on this processor. */
const kernels_t *kernels_named(const char *name);

/* Compiled apart; for kernels.c only. */
extern const kernels_t kernels_portable_table, kernels_avx2_table, kernels_avx512_table;

#endif
