"""Proofs of many designs, or of large ones, one report each."""
