"""What may vary: the schema of a scenario, how one is loaded, and the library.

Layer: scenarios.  Never imports the model.
"""
