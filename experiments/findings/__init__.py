"""What the runs of a study say.

Layer: experiments.
"""
