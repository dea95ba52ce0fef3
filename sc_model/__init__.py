"""Spiking networks that learn on the chip: specification, rules, graphs and bit-exact golden
models.

Nothing below this package knows any hardware description language. Data flows one way::

    spec (frozen configurations) -> rules (one file a rule) -> graph (traced, widths proven) -> golden
"""

__version__ = "0.1.0"
