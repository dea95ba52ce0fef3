"""The claims about a plastic layer, one file for each of its parts."""
