"""Golden models of layers that do not learn."""
