#include "common/power.h"

#include <math.h>

enum { FRACTION_BITS = 53 };

/* The exponent in binary: base^0.101 is the square root of base times the eighth root of it. */
double power(double base, double exponent)
{
    double whole = floor(exponent), fraction = exponent - whole, result = 1;
    for (double i = 0; i < whole; i += 1)
        result *= base;
    double root = base;
    for (int bit = 0; bit < FRACTION_BITS && fraction > 0; bit++) {
        root = sqrt(root);
        fraction *= 2;
        if (fraction < 1) continue;
        fraction -= 1;
        result *= root;
    }
    return result;
}
