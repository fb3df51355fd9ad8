"""The published figures, what is fitted to them, and what they do not tell.

Layer: calibration.
"""
