"""The compiled engine: the model once more over arrays, event by event, the same history to the last bit.

Layer: sim.  `readiness` says whether it may be used here and now, without importing numba; `playing` is its entrance.
"""
