"""Studies: plans, worlds, sweeps and their folders.

Layer: experiments.
"""
