"""Fuzzers of files that users bring, and the cases that they share."""
