"""Cutting a community into grids: who is whose neighbour, cuts into any number of grids, what a cut is worth.

Layer: experiments.
"""
