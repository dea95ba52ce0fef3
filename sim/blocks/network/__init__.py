"""A verilated network: words in, words out, resets at any time, under any clocks.

`rtl.NetworkRtl` runs it, for co-simulation under many clockings (`sc_sim.benches.network`).
`device.RtlNetwork` has the interface of the compiled network, step by step.
"""

EVENTS: dict[str, tuple[str, ...]] = {}
golden_interface = None  # it is made of another driver: `sc_sim.rtl.engine_of`
