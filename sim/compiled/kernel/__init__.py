"""The model once more, event by event, over records: what numba compiles.

Layer: sim.  A file for each of the Mesa model's, a function for each of its methods, of the same name: that model is
the specification, and the history is the same to the last bit. What the agents know as objects are numbers here: `w` is
the world, `i` an incident, `u` a unit, `b` a beat, `c` a clock. What both reckon alike stands in `sim.closed_forms`.
Files stand on each other one way; `running` is the entrance.
"""
