"""From a design to a board's files: top with pins and PLL, constraints, bitstream, its check."""
