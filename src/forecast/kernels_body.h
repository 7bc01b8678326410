/*
 * The kernels for one instruction set: included once by each kernels_*.c, which says
 *
 *     VECTOR_BYTES  width of a vector register
 *     ROWS          rows of a block of the product that is kept in registers
 *     TABLE, NAME   the table to define, and what it is called
 *
 * Vectors are the compiler's own (gcc and clang), not the processor's intrinsics.
 */
#include "forecast/kernels.h"

#include <stdint.h>
#include <string.h>

enum {
    LANES = VECTOR_BYTES / 4,
    PANEL = 2 * LANES, /* columns of a block of the product */
    REST = 4,          /* rows of a smaller one for the last rows */
    /* Terms summed up in registers: a packed panel of so many stays in the first cache. */
    DEPTH = KERNELS_DEPTH,
    ROW_VECTORS = 8, /* of a single row: as many sums as keep the multipliers busy */
};

typedef float vector_t __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t integers_t __attribute__((vector_size(VECTOR_BYTES)));
typedef float unaligned_t __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

#define LOAD(address)         (*(const unaligned_t *)(address))
#define STORE(address, value) (*(unaligned_t *)(address) = (value))

/* c[count x PANEL] += a panel; `count` is a constant where this is inlined. */
static inline __attribute__((always_inline)) void multiply_block(size_t count, size_t depth, const float *a,
                                                                 size_t row_stride, size_t column_stride,
                                                                 const float *panel, float *c,
                                                                 size_t c_stride)
{
    vector_t sums[ROWS][2];
#pragma GCC unroll 16
    for (size_t r = 0; r < count; r++) {
        sums[r][0] = (vector_t){0};
        sums[r][1] = (vector_t){0};
    }
    for (size_t k = 0; k < depth; k++) {
        const vector_t left = LOAD(panel + k * PANEL), right = LOAD(panel + k * PANEL + LANES);
        const float *column = a + k * column_stride;
#pragma GCC unroll 16
        for (size_t r = 0; r < count; r++) {
            sums[r][0] += column[r * row_stride] * left;
            sums[r][1] += column[r * row_stride] * right;
        }
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < count; r++) {
        STORE(c + r * c_stride, LOAD(c + r * c_stride) + sums[r][0]);
        STORE(c + r * c_stride + LANES, LOAD(c + r * c_stride + LANES) + sums[r][1]);
    }
}

/* All rows of the product in the columns of one panel. */
static void multiply_panel(size_t rows, size_t depth, const float *a, size_t row_stride, size_t column_stride,
                           const float *panel, float *c, size_t c_stride)
{
    size_t r = 0;
    for (; r + ROWS <= rows; r += ROWS)
        multiply_block(ROWS, depth, a + r * row_stride, row_stride, column_stride, panel, c + r * c_stride,
                       c_stride);
    for (; r + REST <= rows; r += REST)
        multiply_block(REST, depth, a + r * row_stride, row_stride, column_stride, panel, c + r * c_stride,
                       c_stride);
    for (; r < rows; r++)
        multiply_block(1, depth, a + r * row_stride, row_stride, column_stride, panel, c + r * c_stride,
                       c_stride);
}

/* The columns of one panel one below the other: read with their own stride, they would push each other out of the
 * cache. */
static void pack(size_t depth, const float *b, size_t b_stride, float *panel)
{
    for (size_t k = 0; k < depth; k++) {
        STORE(panel + k * PANEL, LOAD(b + k * b_stride));
        STORE(panel + k * PANEL + LANES, LOAD(b + k * b_stride + LANES));
    }
}

/* `columns` up to PANEL that make no whole panel: as one that is filled up with zeros, so that each sum is made as any other. (A
 * plain loop would be compiled to another rounding.) */
static void multiply_rest(size_t rows, size_t columns, size_t all_columns, size_t depth, const float *a,
                          size_t row_stride, size_t column_stride, const float *b, float *c)
{
    _Alignas(64) float panel[DEPTH * PANEL], block[ROWS * PANEL];
    memset(panel, 0, depth * PANEL * sizeof *panel);
    for (size_t k = 0; k < depth; k++)
        memcpy(panel + k * PANEL, b + k * all_columns, columns * sizeof *panel);
    for (size_t r = 0; r < rows; r += ROWS) {
        const size_t count = rows - r < ROWS ? rows - r : ROWS;
        memset(block, 0, sizeof block);
        multiply_panel(count, depth, a + r * row_stride, row_stride, column_stride, panel, block, PANEL);
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < columns; j++)
                c[(r + i) * all_columns + j] += block[i * PANEL + j];
    }
}

static void multiply(size_t rows, size_t columns, size_t depth, const float *a, size_t row_stride,
                     size_t column_stride, const float *b, float *c)
{
    _Alignas(64) float panel[DEPTH * PANEL];
    for (size_t k = 0; k < depth; k += DEPTH) {
        const size_t terms = depth - k < DEPTH ? depth - k : DEPTH;
        const float *part = a + k * column_stride;
        size_t j = 0;
        for (; j + PANEL <= columns; j += PANEL) {
            pack(terms, b + k * columns + j, columns, panel);
            multiply_panel(rows, terms, part, row_stride, column_stride, panel, c + j, columns);
        }
        if (j < columns)
            multiply_rest(rows, columns - j, columns, terms, part, row_stride, column_stride,
                          b + k * columns + j, c + j);
    }
}

static void multiply_row(size_t columns, size_t depth, const float *a, size_t stride, const float *b,
                         float *c)
{
    enum { BLOCK = ROW_VECTORS * LANES };
    size_t j = 0;
    for (; j + BLOCK <= columns; j += BLOCK) {
        vector_t sums[ROW_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < ROW_VECTORS; v++)
            sums[v] = (vector_t){0};
        for (size_t k = 0; k < depth; k++) {
#pragma GCC unroll 8
            for (int v = 0; v < ROW_VECTORS; v++)
                sums[v] += a[k * stride] * LOAD(b + k * columns + j + v * LANES);
        }
#pragma GCC unroll 8
        for (int v = 0; v < ROW_VECTORS; v++)
            STORE(c + j + v * LANES, LOAD(c + j + v * LANES) + sums[v]);
    }
    for (; j < columns; j += PANEL)
        for (size_t k = 0; k < depth; k += DEPTH)
            multiply_rest(1, columns - j < PANEL ? columns - j : PANEL, columns,
                          depth - k < DEPTH ? depth - k : DEPTH, a + k * stride, 0, stride,
                          b + k * columns + j, c + j);
}

/* Where all bits of the mask are set, one, elsewhere other. (C has no ?: of vectors.) */
static inline __attribute__((always_inline)) vector_t choose(integers_t mask, vector_t one, vector_t other)
{
    return (vector_t)((mask & (integers_t)one) | (~mask & (integers_t)other));
}

/* e^x within 2 units in the last place for |x| <= 87, and constant beyond: x = n ln 2 + r with |r| <= ln 2 / 2, and e^r
 * by the Taylor polynomial of degree 7, whose error is 2e-9 there. ln 2 in two parts after W. Cody and W. Waite,
 * "Software Manual for the Elementary Functions", 1980. */
static inline __attribute__((always_inline)) vector_t exponential(vector_t x)
{
    const float bound = 87, log2_e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const float shift = 12582912; /* 1.5 * 2^23: adding it leaves the nearest whole number in the low bits */
    x = choose((integers_t)(x < -bound), (vector_t){0} - bound, x);
    x = choose((integers_t)(x > bound), (vector_t){0} + bound, x);
    const vector_t shifted = x * log2_e + shift;
    const vector_t whole = shifted - shift;
    vector_t r = x - whole * ln2_high;
    r = r - whole * ln2_low;
    vector_t sum = r * (1.f / 5040) + 1.f / 720;
    sum = sum * r + 1.f / 120;
    sum = sum * r + 1.f / 24;
    sum = sum * r + 1.f / 6;
    sum = sum * r + 0.5f;
    sum = sum * r + 1.f;
    sum = sum * r + 1.f;
    const integers_t power = ((integers_t)shifted << 23) + (integers_t)((vector_t){0} + 1.f);
    return sum * (vector_t)power;
}

static inline __attribute__((always_inline)) vector_t sigmoid(vector_t x)
{
    return 1.f / (1.f + exponential(-x));
}

static inline __attribute__((always_inline)) vector_t hyperbolic_tangent(vector_t x)
{
    return 2.f / (1.f + exponential(-2.f * x)) - 1.f;
}

static void step_forward(size_t rows, size_t units, const kernels_step_t *step)
{
    for (size_t r = 0; r < rows; r++) {
        float *gates = step->gates + r * 4 * units;
        for (size_t j = 0; j < units; j += LANES) {
            const size_t at = r * units + j;
            const vector_t in = sigmoid(LOAD(gates + j)), forget = sigmoid(LOAD(gates + units + j));
            const vector_t candidate = hyperbolic_tangent(LOAD(gates + 2 * units + j));
            const vector_t out = sigmoid(LOAD(gates + 3 * units + j));
            const vector_t cell = forget * LOAD(step->cell_before + at) + in * candidate;
            const vector_t cell_tanh = hyperbolic_tangent(cell);
            STORE(gates + j, in);
            STORE(gates + units + j, forget);
            STORE(gates + 2 * units + j, candidate);
            STORE(gates + 3 * units + j, out);
            STORE(step->cell + at, cell);
            STORE(step->cell_tanh + at, cell_tanh);
            STORE(step->hidden + at, out * cell_tanh);
        }
    }
}

static void step_back(size_t rows, size_t units, const kernels_step_t *step, const float *d_hidden,
                      float *d_cell, float *d_gates)
{
    for (size_t r = 0; r < rows; r++) {
        const float *gates = step->gates + r * 4 * units;
        float *d = d_gates + r * 4 * units;
        for (size_t j = 0; j < units; j += LANES) {
            const size_t at = r * units + j;
            const vector_t in = LOAD(gates + j), forget = LOAD(gates + units + j);
            const vector_t candidate = LOAD(gates + 2 * units + j), out = LOAD(gates + 3 * units + j);
            const vector_t cell_tanh = LOAD(step->cell_tanh + at), above = LOAD(d_hidden + at);
            const vector_t cell = LOAD(d_cell + at) + above * out * (1.f - cell_tanh * cell_tanh);
            STORE(d + j, cell * candidate * in * (1.f - in));
            STORE(d + units + j, cell * LOAD(step->cell_before + at) * forget * (1.f - forget));
            STORE(d + 2 * units + j, cell * in * (1.f - candidate * candidate));
            STORE(d + 3 * units + j, above * cell_tanh * out * (1.f - out));
            STORE(d_cell + at, cell * forget);
        }
    }
}

static void add_rows(size_t rows, size_t columns, const float *a, float *sums)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < columns; j++)
            sums[j] += a[r * columns + j];
}

const kernels_t TABLE = {
    .name = NAME,
    .multiply = multiply,
    .multiply_row = multiply_row,
    .step = step_forward,
    .step_back = step_back,
    .add_rows = add_rows,
};
