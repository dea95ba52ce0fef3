"""Faults put into correct hardware on purpose: a proof that does not refute them proves nothing."""
