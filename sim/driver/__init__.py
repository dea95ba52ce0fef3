"""The emitted Verilog, compiled, in this process: one driver for designs of one clock or several.

`library` verilates a build folder's Verilog and compiles it with the C++ driver (`driver.cc` and
the headers beside it); `driver` loads the result; `one_clock` adds what makes sense with a single
clock: ports as arrays, and transfers without a time of their own.
"""
