/* SPDX-License-Identifier: Apache-2.0
 *
 * The bus of sc_host.h for registers that are mapped into the processor's memory. A refused access
 * is what the processor makes of it (on most a bus fault), so these functions always return 0.
 *
 *     const sc_bus_t bus = sc_mmio((volatile uint32_t *)0x40000000);
 */
#ifndef SC_MMIO_H
#define SC_MMIO_H

#include "sc_host.h"

static inline int sc_mmio_read32(void *context, uint32_t offset, uint32_t *value)
{
    *value = ((volatile uint32_t *)context)[offset / 4u];
    return 0;
}

static inline int sc_mmio_write32(void *context, uint32_t offset, uint32_t value)
{
    ((volatile uint32_t *)context)[offset / 4u] = value;
    return 0;
}

static inline sc_bus_t sc_mmio(volatile uint32_t *base)
{
    const sc_bus_t bus = {sc_mmio_read32, sc_mmio_write32, (void *)base};
    return bus;
}

#endif
