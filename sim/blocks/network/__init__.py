"""A verilated network: words in, words out, resets at any time, under any clocks.

`rtl.NetworkRtl` runs it. It has no class with the interface of the golden network: a network is
co-simulated under many clockings (`sc_sim.benches.network`), not run step by step.
"""

EVENTS: dict[str, tuple[str, ...]] = {}
golden_interface = None
