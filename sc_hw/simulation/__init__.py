"""Running the emitted Verilog: co-simulation, the compiled library, and `Device` over model and
RTL.
"""
