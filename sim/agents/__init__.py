"""The people and offices of the model: a file per kind.

Layer: sim.  Agents act when an event reaches them; none is visited every hour.
"""
