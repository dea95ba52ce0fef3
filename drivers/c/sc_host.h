/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of a block of sc-hw behind its registers: identity, steps, outputs, memories.
 *
 * C99, without allocation and without other libraries. It needs `registers.h`, which
 * `sc-hw registers DESIGN --format c` writes; that of any design will do, for all have the same
 * registers (but for counters of their own). What differs between designs, the words of a step
 * and the fields of a memory, is in `design.h`, which the same command writes.
 *
 * All functions return SC_OK or one of the negative numbers below. Nothing waits for ever: a
 * function that waits looks `patience` times at a register, and then gives up with SC_TIMEOUT.
 * One task at a time may use a bus.
 */
#ifndef SC_HOST_H
#define SC_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SC_OK = 0,
    SC_BUS = -1,          /* the bus refused an access: SLVERR of AXI, err of Wishbone */
    SC_NOT_SC_HW = -2,    /* MAGIC is another number: wrong address, no clock, in reset */
    SC_PROTOCOL = -3,     /* the version of the registers is not the one of this driver */
    SC_OTHER_DESIGN = -4, /* another design than `design.h` was made for */
    SC_TIMEOUT = -5,      /* it did not come in time */
    SC_TOO_LONG = -6      /* a step that the step FIFO never has room for */
};

/* Access to the registers: offsets in bytes, words of 32 bits in the machine's byte order. Both
 * functions return 0, or another number where the bus refused the access. */
typedef struct {
    int (*read32)(void *context, uint32_t offset, uint32_t *value);
    int (*write32)(void *context, uint32_t offset, uint32_t value);
    void *context;
} sc_bus_t;

typedef struct {
    uint32_t protocol;    /* version of the registers */
    uint32_t kind;        /* 1 lane, 2 bank, 3 layer, 4 network */
    uint64_t build_id;    /* the 12 hexadecimal digits of the build folder's name */
    uint64_t design_hash; /* of the design without its host */
} sc_identity_t;

typedef struct {
    uint32_t steps_taken, steps_done, spikes;
    uint64_t clocks;
} sc_counters_t;

/* What is there. SC_NOT_SC_HW or SC_PROTOCOL where this driver can't speak to it; `identity` then
 * holds what has been read so far. */
int sc_identify(const sc_bus_t *bus, sc_identity_t *identity);

/* As sc_identify(), and SC_OTHER_DESIGN where the hash is another one (SC_DESIGN_HASH of
 * `design.h`). */
int sc_expect(const sc_bus_t *bus, uint64_t design_hash);

/* Reset the block as by its pin `rst`: FIFOs are empty, counters and errors 0. Memories keep what
 * they hold; load them anew where a step was under way. */
int sc_reset(const sc_bus_t *bus);

/* Empty both FIFOs after the step under way. */
int sc_clear(const sc_bus_t *bus);

/* `on`: no new step begins; wait until none is under way. Else: go on. */
int sc_halt(const sc_bus_t *bus, bool on, uint32_t patience);

/* Outputs leave by the stream of the door, or (`on` false) by sc_output(). Only with a door that
 * has streams. */
int sc_stream(const sc_bus_t *bus, bool on);

/* Hand over a step: its words, as `design.h` says and sc_put() packs them. It begins when all of
 * them are there. Waits for room. */
int sc_step(const sc_bus_t *bus, const uint32_t *words, size_t count, uint32_t patience);

/* Take an output packet of `count` words (SC_OUTPUT_WORDS): the number of its step, counted from 1
 * since the reset, then the block's own words. Waits until it is there. */
int sc_output(const sc_bus_t *bus, uint32_t *words, size_t count, uint32_t patience);

/* Write or read `items` words of the block's memory, from `address` on (its last field counts up
 * by itself). Each has `accesses` words of 32 bits, low first. Waits for the steps under way. */
int sc_window_write(const sc_bus_t *bus, uint32_t port, uint32_t address, unsigned accesses,
                    const uint32_t *data, size_t items);
int sc_window_read(const sc_bus_t *bus, uint32_t port, uint32_t address, unsigned accesses,
                   uint32_t *data, size_t items);

/* The bits of ERRORS since the last call; they are cleared. */
int sc_errors(const sc_bus_t *bus, uint32_t *errors);

int sc_counters(const sc_bus_t *bus, sc_counters_t *counters);

/* Which causes raise the interrupt: bits of INTERRUPT_ENABLE. */
int sc_interrupts(const sc_bus_t *bus, uint32_t enable);

/* Fields of packed words. Bit `lo` counts from bit 0 of words[0]; `bits` is 1 to 32. */
void sc_put(uint32_t *words, uint32_t lo, unsigned bits, uint32_t value);
uint32_t sc_get(const uint32_t *words, uint32_t lo, unsigned bits);
int32_t sc_get_signed(const uint32_t *words, uint32_t lo, unsigned bits);

#ifdef __cplusplus
}
#endif
#endif
