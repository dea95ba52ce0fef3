"""Networks of layers: clock-domain crossings, ticks, and the plastic layer behind trained ones."""
