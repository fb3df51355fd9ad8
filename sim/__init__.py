"""The model of urban grid governance.

Layer: sim.  Opens no file, prints nothing, plots nothing; `sim.run.simulate` is the one entrance.
"""
