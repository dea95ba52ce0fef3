"""Networks of which several layers learn on the chip, by events.

Inputs are kept in one list for each time step; forward, backward and update each visit only what
is active. `network.py` joins the parts, each of which is one file.
"""

from sc_hw.learning.network import LearningNetwork

__all__ = ["LearningNetwork"]
