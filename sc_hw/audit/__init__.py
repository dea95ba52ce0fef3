"""Structural audit of clock-domain crossings: every path between two clocks against the list of
crossings.
"""
