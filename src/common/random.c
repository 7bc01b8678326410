#include "common/random.h"

#include <math.h>
#include <stdbool.h>

static const double normal_from_variance = 1000;

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static uint64_t splitmix(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void random_seed(random_t *random, uint64_t seed, uint64_t stream)
{
    /* Hashing the stream first keeps (seed, stream) and (seed + 1, stream - 1) apart. */
    uint64_t state = seed ^ splitmix(&stream);
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&state);
}

uint64_t random_bits(random_t *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double random_uniform(random_t *random)
{
    return (double)(random_bits(random) >> 11) * 0x1.0p-53;
}

uint64_t random_below(random_t *random, uint64_t bound)
{
    /* The lowest 2^64 mod bound values would make some results more likely than others. */
    uint64_t threshold = -bound % bound;
    uint64_t bits;
    do {
        bits = random_bits(random);
    } while (bits < threshold);
    return bits % bound;
}

double random_exponential(random_t *random)
{
    for (double whole = 0;; whole += 1) {
        double first = random_uniform(random);
        double last = first;
        bool odd = true;
        for (;;) {
            double next = random_uniform(random);
            if (next >= last) break;
            last = next;
            odd = !odd;
        }
        if (odd) return whole + first;
    }
}

double random_normal(random_t *random)
{
    double x, y, square;
    do {
        x = 2 * random_uniform(random) - 1;
        y = 2 * random_uniform(random) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    return sqrt(2 * random_exponential(random)) * (x / sqrt(square));
}

/* -ln(1 - x) for x up to one half, by its series: the C library's log() is not the same everywhere. */
static double minus_log_of_rest(double x)
{
    double sum = 0, power = x;
    for (int i = 1; i <= 60; i++, power *= x)
        sum += power / i;
    return sum;
}

uint64_t random_binomial(random_t *random, uint64_t count, double chance)
{
    if (!(chance > 0)) return 0;
    if (chance >= 1) return count;
    if (chance > 0.5) return count - random_binomial(random, count, 1 - chance);
    const double mean = (double)count * chance, variance = mean * (1 - chance);
    if (variance >= normal_from_variance) {
        const double drawn = floor(mean + sqrt(variance) * random_normal(random) + 0.5);
        return drawn <= 0 ? 0 : drawn >= (double)count ? count : (uint64_t)drawn;
    }
    /* Of `count` exponential times those up to this one are the successes; from one to the next of them the time is
     * exponential again, of a rate as high as there are left. */
    const double end = minus_log_of_rest(chance);
    uint64_t successes = 0;
    for (double time = 0; successes < count; successes++) {
        time += random_exponential(random) / (double)(count - successes);
        if (time > end) break;
    }
    return successes;
}
