/* cmocka before 1.1.6 compares floats only; this compares doubles. */
#ifndef ADAPTIVESTREAM_TESTS_NEAR_H
#define ADAPTIVESTREAM_TESTS_NEAR_H

#include <math.h>

#define assert_near(left, right, tolerance) assert_true(fabs((left) - (right)) <= (tolerance))

#endif
