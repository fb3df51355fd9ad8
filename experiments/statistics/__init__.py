"""Intervals, differences, inequality.

Layer: experiments.
"""
