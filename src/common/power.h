/*
 * Powers whose results are the same on every machine. The C library's pow() may differ in the last digit from
 * one library to the next, and a drawn number with it; this uses nothing but operations that IEEE 754 rounds
 * exactly: multiplication, division and the square root.
 */
#ifndef ADAPTIVESTREAM_COMMON_POWER_H
#define ADAPTIVESTREAM_COMMON_POWER_H

/* `base` (> 0) to the power `exponent` (0 to 100), within some 1e-14 of the true value. */
double power(double base, double exponent);

#endif
