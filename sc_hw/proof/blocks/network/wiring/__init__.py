"""The claims about a network's own `top.v`: its parts are those claimed, and what joins them."""
