"""Costs, worth, and the published appraisal.

Layer: experiments.
"""
