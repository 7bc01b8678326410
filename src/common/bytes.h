/*
 * Numbers as bytes, little-endian on every machine, and the checksum of bytes, for what is kept in files.
 */
#ifndef ADAPTIVESTREAM_COMMON_BYTES_H
#define ADAPTIVESTREAM_COMMON_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Writes the lowest `size` bytes (1 to 8) of a value at *at, which moves on behind them. */
void bytes_put(uint8_t **at, uint64_t value, int size);
void bytes_put_double(uint8_t **at, double value);

/* Reads what these wrote. */
uint64_t bytes_take(const uint8_t **at, int size);
double bytes_take_double(const uint8_t **at);

/* CRC-32 as IEEE 802.3 has it. */
uint32_t bytes_crc32(const uint8_t *bytes, size_t size);

#endif
