"""What an FPGA fabric is like: delays, pipeline schedules, primitives, families and synthesis
targets.
"""
