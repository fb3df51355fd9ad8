"""Tables, pictures, maps and pages.

Layer: experiments.
"""
