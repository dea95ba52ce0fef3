"""Spiking networks that learn on the chip: specification, rules, graphs, bit-exact golden models.

No module of this package knows any hardware description language. Data flows one way::

    spec (frozen configurations)
      -> rules (one file a rule)
      -> graph (traced, widths proven)
      -> golden (integers)
"""

__version__ = "0.1.0"
