"""Drivers for boards: frames over a serial line, and what a host does with a block's registers.

Needs NumPy, pyserial and the standard library alone, so that it runs on small computers, too.
"""
