/* AXI4-Lite accesses of the simulated system, as sc_bus_t has them. */
#ifndef SIMULATION_H
#define SIMULATION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int simulation_read32(void *context, uint32_t offset, uint32_t *value);
int simulation_write32(void *context, uint32_t offset, uint32_t value);

#ifdef __cplusplus
}
#endif
#endif
