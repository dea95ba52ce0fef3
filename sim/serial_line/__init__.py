"""A block at the end of a serial line, bit by bit: the host's UART or SPI controller in C++.

`library` compiles the Verilog of any top with `clk`, `rst` and the line's pins; `line` runs it, and
has a port on it with the members that drivers ask of a transport.
"""
