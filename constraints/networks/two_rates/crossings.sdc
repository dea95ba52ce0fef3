create_clock -name sense -period 41.666 [get_ports {sense_clk}]
create_clock -name think -period 83.333 [get_ports {think_clk}]

# crossing_slow.words.write pointer: gray pointer, 2 bits, crossing_slow.words.i_gray to crossing_slow.words.o_sync_pointer.first
# crossing_slow.words.i request: handshake level, 1 bit, crossing_slow.words.i_asks to crossing_slow.words.o_sync_asked.first
# crossing_slow.words.i answer: handshake level, 1 bit, crossing_slow.words.i_clear to crossing_slow.words.o_sync_answered.first
# crossing_slow.words.words: storage, 40 bits, crossing_slow.words.storage to crossing_slow.words.capture.q
set_max_delay 41.666 -from [get_clocks {sense}] -to [get_clocks {think}]
set_false_path -hold -from [get_clocks {sense}] -to [get_clocks {think}]

# crossing_slow.words.read pointer: gray pointer, 2 bits, crossing_slow.words.o_gray to crossing_slow.words.i_sync_pointer.first
# crossing_slow.words.o request: handshake level, 1 bit, crossing_slow.words.o_asks to crossing_slow.words.i_sync_asked.first
# crossing_slow.words.o answer: handshake level, 1 bit, crossing_slow.words.o_clear to crossing_slow.words.i_sync_answered.first
set_max_delay 41.666 -from [get_clocks {think}] -to [get_clocks {sense}]
set_false_path -hold -from [get_clocks {think}] -to [get_clocks {sense}]
