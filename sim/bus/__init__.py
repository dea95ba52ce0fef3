"""A system behind its door `wishbone`: the bus's initiator in C++.

`library` compiles a build's `system.v`; `bus` runs it and makes accesses.
"""
