"""Many designs at once: accuracy on tasks, prices on targets, and the front of the best.

One file names what is varied. Points are worked on by processes or by a Dask cluster; results are
kept in one table, so that a sweep goes on wherever it was stopped.
"""
