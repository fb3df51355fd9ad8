"""The same work by other means: SimPy processes, and a plain Mesa model that goes tick by tick.

Each is written as a competent user of that tool would write it, and does all that the benchmark's scenario asks for:
patrols that walk cell by cell, witnesses, desks, crews on shifts, returns, extensions, checks, rework, climbing.
All three meet the same incidents; from then on each draws its own luck.
"""
