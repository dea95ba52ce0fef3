"""The price of a design: Yosys and nextpnr on real devices, several seeds, and the devices' own
clock limits.
"""
