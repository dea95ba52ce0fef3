"""Proof that the emitted Verilog computes what the texts say, for every state and input."""
