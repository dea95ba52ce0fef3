"""Golden model of a plastic layer."""
