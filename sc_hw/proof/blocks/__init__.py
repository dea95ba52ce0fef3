"""The claims about each block, one file for each block or part of one."""
