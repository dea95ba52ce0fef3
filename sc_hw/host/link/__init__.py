"""The board's side of the link: frames of requests in, accesses of the bus, frames of answers out.

`docs/link.md` has the frames and the rules; `sc_driver` is the other side.
"""
