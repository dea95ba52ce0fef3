"""A simulated board: the verilated system at the end of a serial line, in this process or on a
pseudo-terminal.
"""
