"""Plans on the same incidents, compared.

Layer: experiments.
"""
