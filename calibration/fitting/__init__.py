"""Fitting a place to its figures: all that the result of a calibration depends on in this package.

Layer: calibration.
"""
