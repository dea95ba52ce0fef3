create_clock -name sense -period 41.666 [get_ports {sense_clk}]
create_clock -name think -period 83.333 [get_ports {think_clk}]
