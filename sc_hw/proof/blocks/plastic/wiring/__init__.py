"""The claims about a layer's own Verilog: its parts are the claimed ones, and what joins them."""
