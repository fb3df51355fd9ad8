"""What a planner brings: the list of buildings, what lies around them, what is wished for; and a template of all that.

Layer: experiments.
"""
