"""Amaranth's simulator, for tests of components."""

from __future__ import annotations

from typing import Any

from amaranth.sim import Simulator


def simulate(component: Any, testbench: Any, *, clocked: bool = True) -> None:
    """Run a test bench to its end.

    Parameters
    ----------
    component : what is simulated: a component or a module.
    testbench : async function of the simulator's context.
    clocked : whether the component has registers.
    """
    simulator = Simulator(component)
    if clocked:
        simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
