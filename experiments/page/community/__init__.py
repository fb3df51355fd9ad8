"""My community, in the page: a list of buildings goes in, and comes back as plans, files, and what a change does.

Layer: experiments.  Nothing is held between requests: each brings its list along, and is worked at in its own process.
"""
