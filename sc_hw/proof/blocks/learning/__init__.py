"""The claims about a network that learns: its parts, and the rule of its layers."""
