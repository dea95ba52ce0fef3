"""Which states a netlist reaches after a reset, clock by clock: bounded model checking.

A claim is about every state that its assumptions allow. Assumptions that no run of the hardware
ever meets would prove anything, even if they do not contradict each other. So it is shown of each
set of assumptions that some run meets it (A. Biere, A. Cimatti, E. Clarke, Y. Zhu, "Symbolic Model
Checking without BDDs", TACAS 1999).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sc_hw.proof.netlist import Netlist

# Clocks after a reset. Most assumptions are met a few clocks after one; a pipeline has to fill, and
# a host is let in when a layer has drained, which takes some hundred clocks. In each of them the
# reset may be high again, so that more clocks reach what fewer do. A design with a memory gets
# fewer: a hundred copies of an array would take minutes where assumptions can't be met. The longest
# pipeline of a shipped rule, of unbiased R-STDP on UltraPlus, fills in 40.
DEPTHS = (1, 4, 12, 36, 108, 324)
DEPTHS_WITH_MEMORY = (1, 4, 12, 36, 54)


class Reachable:
    """The states that a netlist reaches within some clocks after a reset.

    Parameters
    ----------
    net : in one clock domain.
    """

    def __init__(self, net: Netlist) -> None:
        self.net = net
        self._runs: dict[int, list[dict[str, Any]]] = {}

    def substitutions(self) -> Iterator[dict[Any, Any]]:
        """For each of `DEPTHS`, what puts all unrollings of the netlist into a state so reached."""
        # What is not unrolled (a lane) is written in the netlist's own terms.
        unrolled = self.net.unrolled or [(self.net.states, {})]
        has_memory = any(term.sort().is_array() for term in self.net.states.values())
        for depth in DEPTHS_WITH_MEMORY if has_memory else DEPTHS:
            values: dict[Any, Any] = {}
            for number, (first, fixed) in enumerate(unrolled):
                reached = self._after(depth, number, fixed)
                values |= {first[name]: reached[name] for name in first}
            yield values

    def _after(self, depth: int, number: int, fixed: dict[str, Any]) -> dict[str, Any]:
        """The states of an unrolling, by its number, some clocks after an arbitrary state in which
        there is a reset.
        """
        net, t = self.net, self.net.terms
        run = self._runs.setdefault(number, [])
        if not run:
            inputs = net.fresh_inputs(f"{number} in reset") | fixed
            if "rst" in inputs:
                inputs["rst"] = t.const(1, t.width(inputs["rst"]))
            run.append(net.step(net.fresh_states(f"{number} before reset"), inputs))
        while len(run) < depth:
            inputs = net.fresh_inputs(f"{number} clock {len(run)}") | fixed
            run.append(net.step(run[-1], inputs))
        return run[depth - 1]
