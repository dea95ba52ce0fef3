# vivado -mode batch -source build.tcl
create_project -force board vivado -part xc7a35ticsg324-1L
add_files board.v
add_files -fileset constrs_1 board.xdc
set_property top board [current_fileset]
launch_runs impl_1 -to_step write_bitstream -jobs 2
wait_on_run impl_1
open_run impl_1
report_utilization -file utilization.txt
report_timing_summary -file timing.txt
if {[get_property SLACK [get_timing_paths]] < 0} { error {timing is not met} }
file copy -force vivado/board.runs/impl_1/board.bit board.bit
