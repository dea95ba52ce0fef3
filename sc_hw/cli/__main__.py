"""`python -m sc_hw.cli`, the same as `sc-hw`."""

from sc_hw.cli import main

main()
