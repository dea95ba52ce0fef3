"""A block behind a register map: what a processor, a serial line or another bus sees of it."""
