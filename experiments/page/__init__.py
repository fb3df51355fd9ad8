"""The page: watch a city, from a local server or from one file that opens from disk.

Layer: experiments.
"""
