"""Mutants of what joins the parts of a recurrent network, and of a part where it stands in it.

Each changes the text of `top.v`. The claims about the parts by themselves would all hold: those
about the wiring have to refute these faults.
"""

from __future__ import annotations

from functools import partial

from sc_hw.proof.mutants.plastic_wiring import joined_mutant

_mutant = partial(joined_mutant, "recurrent_network")

MUTANTS = (
    _mutant(
        "recurrent, joined: readout that lands late",
        "a step goes on while the readout is still at work",
        (r"assign landing = (\S+) +\| [^;]*;", r"assign landing = \1 ;"),
    ),
    _mutant(
        "recurrent, joined: frozen layer learns",
        "the recurrent layer learns although the host has frozen it",
        (r"(assign signalled = \S+) +& [^;]*;", r"\1 ;"),
    ),
    _mutant(
        "recurrent, joined: noise of the readout",
        "neurons that learn are all rounded by the same random bits",
        (r"= issue \| learn;", "= issue;"),
    ),
    _mutant(
        "recurrent, joined: sizes of steps change places",
        "each layer has the size of the other one's steps",
        (
            r"(?s)\.hidden_shift\(([^)]*)\)(.*?)\.readout_shift\(([^)]*)\)",
            r".hidden_shift(\3)\2.readout_shift(\1)",
        ),
    ),
    _mutant(
        "recurrent, joined: the step that waits",
        "a step under way takes class and beginning of the one that waits behind it",
        (r"(assign \\\$\d+ += i__valid) & i__ready;", r"\1;"),
    ),
    _mutant(
        "recurrent, joined: spikes that wait",
        "the spikes of the step that waits come into the one under way",
        (r"(assign take = i__valid) & [^;]*;", r"\1;"),
    ),
    _mutant(
        "recurrent, joined: told is first",
        "every step in which a class is told begins a sample",
        (r"\.fresh\(step\[0\]\)", ".fresh(step[1])"),
    ),
    _mutant(
        "recurrent, joined: words of the host go astray",
        "the host reads and writes words beside those that it names",
        (r"(assign word = )(\S+) +\| (\S+) *;", r"\1\2 ^ {\3 , 1'h0};"),
    ),
    _mutant(
        "recurrent, joined: a part with a fault",
        "the random register in the network is another one than the claimed one",
        (r"if \(step\)", "if (1'h1)"),
        start=r"^module \S*noise\S* ?\(",
    ),
)
