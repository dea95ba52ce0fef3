"""Golden models of trained layers, of every kind."""
