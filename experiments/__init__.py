"""Running a scenario several times, keeping what came out, and showing it.

Layer: experiments.
"""
