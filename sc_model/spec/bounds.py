"""Greatest numbers of a configuration; each says what is proved or built up to it.

A bound that belongs to one field alone stands at that field. `docs/bounds.md` lists them all, and
a test compares the list with the classes.
"""

from __future__ import annotations

# Bits of a state field or an input of a rule. The potential of a neuron with 2^14 inputs, whose
# weights have that many bits, has 64 (`NeuronSpec.potential_format`): what an integer of NumPy, a
# checkpoint and the driver of the compiled Verilog hold.
MAX_FIELD_BITS = 48

# Places of a shift by a parameter: what C and NumPy define for integers of 64 bits.
MAX_SHIFT = 63

# A parameter of a rule for which its `Params` gives no bound of its own. It may be used as a shift,
# so an integer of that many bits must be made at once.
MAX_PARAMETER = 65_535

# Bits of any value that a rule computes on the way, with its sign. The widest value of a shipped
# rule, at the bounds of its parameters, is a product of 48 x 48 bits.
MAX_VALUE_BITS = 1024

# Operations of a traced function. The shipped rules have 27 to 35; a loop without an end that
# computes something meets this bound within seconds.
MAX_OPERATIONS = 65_536

# A seed is a signed 64-bit integer for the generators that take it.
MAX_SEED = (1 << 63) - 1

# Times in milliseconds: from a nanosecond to some months.
MIN_TIME_MS, MAX_TIME_MS = 1e-6, 1e10

# Frequencies in MHz: from a kilohertz to what no fabric here reaches.
MIN_MHZ, MAX_MHZ = 0.001, 1000.0
