"""What is said to people, and how numbers are written.

Layer: experiments.
"""
