"""A recurrent layer that learns with e-prop, and its readout.

Words of weight and eligibility are visited group by group of neurons, all rows of a group one after
the other: the group's currents, slopes and signals then stand in registers. `network.py` joins the
parts, each of which is one file.
"""

from sc_hw.recurrent.network import RecurrentNetwork

__all__ = ["RecurrentNetwork"]
