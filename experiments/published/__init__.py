"""The published figures beside a run.

Layer: experiments.
"""
