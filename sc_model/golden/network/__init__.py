"""Golden models of networks: crossings, layers in a row, and recordings."""
