"""Structural audit of clock-domain crossings: the netlist's paths between clocks, against the list
of crossings that the design says it has.
"""
