#include "common/bytes.h"

#include <string.h>

void bytes_put(uint8_t **at, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        *(*at)++ = (uint8_t)(value >> (8 * i));
}

void bytes_put_double(uint8_t **at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes_put(at, bits, sizeof bits);
}

uint64_t bytes_take(const uint8_t **at, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value |= (uint64_t) * (*at)++ << (8 * i);
    return value;
}

double bytes_take_double(const uint8_t **at)
{
    const uint64_t bits = bytes_take(at, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint32_t bytes_crc32(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    /* Bit by bit: files are small and seldom. */
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (UINT32_C(0xEDB88320) & (0 - (crc & 1)));
    }
    return ~crc;
}
