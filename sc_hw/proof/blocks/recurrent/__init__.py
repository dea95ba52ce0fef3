"""The claims about a recurrent network that learns: its parts, and the rule of its layer."""
