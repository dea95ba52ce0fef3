"""Verilog behind a serial line that is simulated bit by bit, with a UART or SPI controller in C++.

`library` compiles the Verilog of any top module that has the ports `clk`, `rst` and the pins of the
line, together with the controller. `line` runs it, and offers the port of the controller that a
driver opens in place of a real one (see `sc_driver.transports.Transport`).
"""
