"""Runs: one, several, many at once; and where they are kept.

Layer: experiments.
"""
