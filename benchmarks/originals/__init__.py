"""The scores as their papers and first programs compute them, derived anew and plainly: what tlkit is timed beside.

Same algorithm, same shortcuts, no others: pseudo-inverses where the original has them, one decomposition per call,
loops over classes and pairs where the original loops. Nothing is checked.
"""
