"""Saying things in the language of whoever reads them, and the catalogues of what is said.

Layer: languages.
"""
