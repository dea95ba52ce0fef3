"""Golden models of networks: crossings, the layers in a row, recordings."""
