"""Pilot in command: phases whose gates are commands, evidence bound to content, files that merge."""

__version__ = "0.1.0"
