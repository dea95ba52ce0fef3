"""`[host]` in a design file: what a host reaches a block through."""

from sc_model.spec.host.host_spec import MAX_FIFO_WORDS, HostSpec

__all__ = ["MAX_FIFO_WORDS", "HostSpec"]
