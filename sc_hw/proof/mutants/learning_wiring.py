"""Mutants of what joins the parts of a network that learns, and of a part where it stands in it.

Each changes the text of `top.v`. The claims about the parts by themselves would all hold: those
about the wiring have to refute these faults.
"""

from __future__ import annotations

from functools import partial

from sc_hw.proof.mutants.learning import one_hidden_layer, one_width
from sc_hw.proof.mutants.plastic_wiring import joined_mutant

_mutant = partial(joined_mutant, "learning_network")

MUTANTS = (
    _mutant(
        "learning, joined: signals that land late",
        "a pass may begin while a signal is on its way",
        (r"assign landing = (\S+) +\| [^;]*;", r"assign landing = \1 ;"),
    ),
    _mutant(
        "learning, joined: groups without a signal",
        "groups of which all signals are 0 are visited, and draw noise",
        (r"= \| signal;", "= 1'h1;"),
    ),
    _mutant(
        "learning, joined: step of the other pass",
        "each of the two passes looks up the step of the other one",
        (r"assign step = (\S+) \? (\S+) +: (\S+) ;", r"assign step = \1 ? \3 : \2 ;"),
    ),
    _mutant(
        "learning, joined: noise of the first layer",
        "words of the first layer do not move the random register on",
        (r"assign updates = (\S+) +\| [^;]*;", r"assign updates = \1 ;"),
    ),
    _mutant(
        "learning, joined: old signals",
        "signals of an earlier sample are not cleared",
        (r"= opens & [^;]*;", "= opens & 1'h0;"),
    ),
    _mutant(
        "learning, joined: ages among signals",
        "a neuron's age is written where its signal belongs",
        (r"\{ 2'h1, ([^}]*aged_row)", r"{ 2'h2, \1"),
    ),
    _mutant(
        "learning, joined: rows that stay",
        "one of the two passes over the rows can't go on to the next one",
        (r"assign next = (\S+) +\| [^;]*;", r"assign next = \1 ;"),
    ),
    _mutant(
        "learning, joined: a part with a fault",
        "the random register in the network is another one than the claimed one",
        (r"if \(step\)", "if (1'h1)"),
        start=r"^module \S*noise\S* ?\(",
    ),
    _mutant(
        "learning, joined: width of another layer",
        "the first layer's weights are kept within the width of another one",
        (r"assign width_of_word = \S+ +\? [^:]* : ([^;]*);", r"assign width_of_word = \1;"),
        applies=one_width,
    ),
    _mutant(
        "learning, joined: loaded in another width",
        "the host's weights of the readout are cut to the width of another layer",
        (r"assign load_data = \S+ +\? [^:]*(?::\d+[^:]*)* : ([^;?]*);", r"assign load_data = \1;"),
        applies=one_width,
    ),
    _mutant(
        "learning, joined: sum of signals",
        "the sum of a further layer's signals goes down by each of them",
        (r"\$signed\(signal_sum_1\) \+ ", "$signed(signal_sum_1) - "),
        applies=one_hidden_layer,
    ),
)
