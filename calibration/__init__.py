"""What the model is held against: the published figures, and how a run compares with them.

Layer: calibration.
"""
