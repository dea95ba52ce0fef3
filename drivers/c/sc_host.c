/* SPDX-License-Identifier: Apache-2.0 */
#include "sc_host.h"

#include "registers.h"

#if SC_HOST__PROTOCOL__VERSION_reset != 1
#error "registers.h is of another version of the registers than this driver"
#endif

#define WORD_BITS 32u

/* Offset of a register. */
#define AT(name) ((uint32_t)offsetof(sc_host_t, name))

static int get(const sc_bus_t *bus, uint32_t offset, uint32_t *value)
{
    return bus->read32(bus->context, offset, value) ? SC_BUS : SC_OK;
}

static int put(const sc_bus_t *bus, uint32_t offset, uint32_t value)
{
    return bus->write32(bus->context, offset, value) ? SC_BUS : SC_OK;
}

/* Two registers, the low half first. */
static int get_pair(const sc_bus_t *bus, uint32_t low_at, uint32_t high_at, uint64_t *value)
{
    uint32_t low = 0, high = 0;
    int status = get(bus, low_at, &low);
    if (status == SC_OK)
        status = get(bus, high_at, &high);
    *value = (uint64_t)high << WORD_BITS | low;
    return status;
}

/* Write CONTROL, with the bits that are kept as they are but for `set` and `cleared`. */
static int control(const sc_bus_t *bus, uint32_t set, uint32_t cleared)
{
    uint32_t value = 0;
    int status = get(bus, AT(CONTROL), &value);
    if (status != SC_OK)
        return status;
    return put(bus, AT(CONTROL), (value & ~cleared) | set);
}

/* Wait until a register holds at least `least`. */
static int wait_for(const sc_bus_t *bus, uint32_t offset, uint32_t least, uint32_t patience)
{
    for (;;) {
        uint32_t value = 0;
        int status = get(bus, offset, &value);
        if (status != SC_OK)
            return status;
        if (value >= least)
            return SC_OK;
        if (patience-- == 0)
            return SC_TIMEOUT;
    }
}

int sc_identify(const sc_bus_t *bus, sc_identity_t *identity)
{
    uint32_t magic = 0, protocol = 0;
    const sc_identity_t none = {0, 0, 0, 0};
    *identity = none;
    int status = get(bus, AT(MAGIC), &magic);
    if (status != SC_OK)
        return status;
    if (magic != SC_HOST__MAGIC__VALUE_reset)
        return SC_NOT_SC_HW;
    status = get(bus, AT(PROTOCOL), &protocol);
    if (status != SC_OK)
        return status;
    identity->protocol = sc_get(&protocol, SC_HOST__PROTOCOL__VERSION_bp,
                                SC_HOST__PROTOCOL__VERSION_bw);
    identity->kind = sc_get(&protocol, SC_HOST__PROTOCOL__KIND_bp, SC_HOST__PROTOCOL__KIND_bw);
    if (identity->protocol != SC_HOST__PROTOCOL__VERSION_reset)
        return SC_PROTOCOL;
    status = get_pair(bus, AT(BUILD_ID_LOW), AT(BUILD_ID_HIGH), &identity->build_id);
    if (status != SC_OK)
        return status;
    return get_pair(bus, AT(DESIGN_HASH_LOW), AT(DESIGN_HASH_HIGH), &identity->design_hash);
}

int sc_expect(const sc_bus_t *bus, uint64_t design_hash)
{
    sc_identity_t identity;
    int status = sc_identify(bus, &identity);
    if (status != SC_OK)
        return status;
    return identity.design_hash == design_hash ? SC_OK : SC_OTHER_DESIGN;
}

int sc_reset(const sc_bus_t *bus)
{
    return control(bus, SC_HOST__CONTROL__RESET_bm, 0);
}

int sc_clear(const sc_bus_t *bus)
{
    return control(bus, SC_HOST__CONTROL__CLEAR_bm, 0);
}

int sc_halt(const sc_bus_t *bus, bool on, uint32_t patience)
{
    if (!on)
        return control(bus, 0, SC_HOST__CONTROL__HALT_bm);
    int status = control(bus, SC_HOST__CONTROL__HALT_bm, 0);
    while (status == SC_OK) {
        uint32_t value = 0;
        status = get(bus, AT(STATUS), &value);
        if (status != SC_OK || (value & SC_HOST__STATUS__HALTED_bm))
            break;
        if (patience-- == 0)
            status = SC_TIMEOUT;
    }
    return status;
}

int sc_stream(const sc_bus_t *bus, bool on)
{
#ifdef SC_HOST__CONTROL__STREAM_bm
    const uint32_t bit = SC_HOST__CONTROL__STREAM_bm;
    return on ? control(bus, bit, 0) : control(bus, 0, bit);
#else
    (void)bus;
    return on ? SC_BUS : SC_OK; /* there is no stream */
#endif
}

int sc_step(const sc_bus_t *bus, const uint32_t *words, size_t count, uint32_t patience)
{
    if (count > UINT32_MAX)
        return SC_TOO_LONG;
    int status = wait_for(bus, AT(STEP_ROOM), (uint32_t)count, patience);
    for (size_t index = 0; status == SC_OK && index < count; index++)
        status = put(bus, AT(STEP_DATA), words[index]);
    return status;
}

int sc_output(const sc_bus_t *bus, uint32_t *words, size_t count, uint32_t patience)
{
    if (count > UINT32_MAX)
        return SC_TOO_LONG;
    int status = wait_for(bus, AT(OUTPUT_LEVEL), (uint32_t)count, patience);
    for (size_t index = 0; status == SC_OK && index < count; index++)
        status = get(bus, AT(OUTPUT_DATA), &words[index]);
    return status;
}

static int window(const sc_bus_t *bus, uint32_t port, uint32_t address)
{
    int status = put(bus, AT(WINDOW_PORT), port);
    return status == SC_OK ? put(bus, AT(WINDOW_ADDRESS), address) : status;
}

int sc_window_write(const sc_bus_t *bus, uint32_t port, uint32_t address, unsigned accesses,
                    const uint32_t *data, size_t items)
{
    int status = window(bus, port, address);
    for (size_t index = 0; status == SC_OK && index < items * accesses; index++)
        status = put(bus, AT(WINDOW_DATA), data[index]);
    return status;
}

int sc_window_read(const sc_bus_t *bus, uint32_t port, uint32_t address, unsigned accesses,
                   uint32_t *data, size_t items)
{
    int status = window(bus, port, address);
    for (size_t index = 0; status == SC_OK && index < items * accesses; index++)
        status = get(bus, AT(WINDOW_DATA), &data[index]);
    return status;
}

int sc_errors(const sc_bus_t *bus, uint32_t *errors)
{
    int status = get(bus, AT(ERRORS), errors);
    return status == SC_OK ? put(bus, AT(ERRORS), *errors) : status;
}

int sc_counters(const sc_bus_t *bus, sc_counters_t *counters)
{
    int status = get(bus, AT(STEPS_TAKEN), &counters->steps_taken);
    if (status == SC_OK)
        status = get(bus, AT(STEPS_DONE), &counters->steps_done);
    if (status == SC_OK)
        status = get(bus, AT(SPIKES), &counters->spikes);
    if (status != SC_OK)
        return status;
    /* reading the low half keeps the high one */
    return get_pair(bus, AT(CLOCKS_LOW), AT(CLOCKS_HIGH), &counters->clocks);
}

int sc_interrupts(const sc_bus_t *bus, uint32_t enable)
{
    return put(bus, AT(INTERRUPT_ENABLE), enable);
}

static uint32_t mask_of(unsigned bits)
{
    return bits >= WORD_BITS ? UINT32_MAX : (1u << bits) - 1u;
}

void sc_put(uint32_t *words, uint32_t lo, unsigned bits, uint32_t value)
{
    uint32_t *word = words + lo / WORD_BITS;
    const unsigned shift = lo % WORD_BITS;
    const unsigned here = WORD_BITS - shift; /* bits of the first word, from `shift` on */
    const uint32_t mask = mask_of(bits);
    value &= mask;
    word[0] = (word[0] & ~(mask << shift)) | value << shift;
    if (bits > here)
        word[1] = (word[1] & ~(mask >> here)) | value >> here;
}

uint32_t sc_get(const uint32_t *words, uint32_t lo, unsigned bits)
{
    const uint32_t *word = words + lo / WORD_BITS;
    const unsigned shift = lo % WORD_BITS;
    uint32_t value = word[0] >> shift;
    if (bits > WORD_BITS - shift)
        value |= word[1] << (WORD_BITS - shift);
    return value & mask_of(bits);
}

int32_t sc_get_signed(const uint32_t *words, uint32_t lo, unsigned bits)
{
    const uint32_t value = sc_get(words, lo, bits);
    const uint32_t sign = 1u << (bits - 1u);
    /* without a right shift of a negative number, which C99 leaves to the compiler */
    return (value & sign) ? -(int32_t)(~(value | ~mask_of(bits))) - 1 : (int32_t)value;
}
