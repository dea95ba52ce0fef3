"""Greatest numbers of a configuration; each says what is proved or built up to it.

A bound that belongs to one field alone stands at that field. `docs/bounds.md` lists them all, and
a test compares the list with the classes.
"""

from __future__ import annotations

# Bits of a state field or an input of a rule. The driver of the compiled Verilog carries a field
# in one 64-bit word (`sim.bits.put_bits`); lane and bank are proved up to it (docs/bounds.md).
MAX_FIELD_BITS = 64

# Places of a shift by a parameter. A shift of a 64-bit field by 64 or more gives 0 or -1, and C
# and NumPy do not define it for words of 64 bits.
MAX_SHIFT = 63

# A parameter of a rule for which its `Params` gives no bound of its own. It may be used as a shift,
# so an integer of that many bits must be made at once.
MAX_PARAMETER = 65_535

# Bits of any value that a rule computes on the way, with its sign. The widest value of a shipped
# rule, at the bounds of its parameters, is a product of 64 x 64 bits shifted to the left by none.
MAX_VALUE_BITS = 1024

# A seed is a signed 64-bit integer for the generators that take it.
MAX_SEED = (1 << 63) - 1

# Times in milliseconds: from a nanosecond to some months.
MIN_TIME_MS, MAX_TIME_MS = 1e-6, 1e10

# Frequencies in MHz: from a kilohertz to what no fabric here reaches.
MIN_MHZ, MAX_MHZ = 0.001, 1000.0
