"""A design's Verilog, manifest and constraints: what `sc-hw elaborate` writes under
`build/<id>/`.
"""
