"""Proofs about the host's side of a system."""
